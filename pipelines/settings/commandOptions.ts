/**
 * @file Options of `train`, `evaluate` and `compare` that are also available for an experiment from a file. A file cannot declare an option
 * with one of these names, since it would hide the option of the command.
 */
import type { SettingName } from "./settings.ts";

/** Settings that apply to any experiment and change its result. */
export const changing: readonly SettingName[] = [
  ...(["epochs", "batch", "seed", "recipe", "accumulator", "sqnrEvery", "histogramEvery"] as const),
  ...(["bits", "weightGradientBits", "firstBits", "lastBits", "perChannel"] as const),
  ...(["weightRange", "activationRange", "gradientRange", "weightGradientRange"] as const),
  ...(["weightQuantizer", "activationQuantizer", "gradientQuantizer", "weightGradientQuantizer"] as const),
  ...(["bitsAt", "rangeAt", "quantizerAt"] as const),
  ...(["init", "initNames", "initExcept"] as const),
];

/** Settings of how a run is executed on a machine, which apply to any experiment and change no bit of its result. */
export const local: readonly SettingName[] = ["engine", "threads", "checkpointSeconds", "patience"];

/** Settings that may be given with an experiment from a file. */
export const ofAnyExperiment: readonly SettingName[] = [...changing, ...local];

/** Options of these commands that are not settings, without their dashes; the tables of options take their names from here. */
const ownOptionNames = [
  ...(["out", "resume", "trust", "json", "test-data", "help", "version"] as const),
  ...(["live", "port", "host"] as const),
  ...([
    "study",
    "grid",
    "cell",
    "seeds",
    "jobs",
    "queue",
    "emit",
    "only-finished",
    "chart",
    "markdown",
  ] as const),
  ...(["against", "within", "margin"] as const),
] as const;

export type OwnOptionName = (typeof ownOptionNames)[number];

/** Names that an experiment file cannot give its options. Names of settings of built-in experiments, such as `lr`, are allowed. */
export const takenOptions: readonly string[] = [...ownOptionNames, ...ofAnyExperiment, "dataDir"];
