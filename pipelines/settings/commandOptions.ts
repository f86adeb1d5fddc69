/**
 * @file Options of `train`, `evaluate` and `compare` that stand beside the experiment of a file. No option that the file declares may have the
 * name of one of them: it would hide it.
 */
import type { SettingName } from "./settings.ts";

/** Settings that say something of any experiment. */
export const changing: readonly SettingName[] = [
  ...(["epochs", "batch", "seed", "recipe", "accumulator", "sqnrEvery", "histogramEvery"] as const),
  ...(["bits", "weightGradientBits", "firstBits", "lastBits", "perChannel"] as const),
  ...(["weightRange", "activationRange", "gradientRange", "weightGradientRange"] as const),
  ...(["weightQuantizer", "activationQuantizer", "gradientQuantizer", "weightGradientQuantizer"] as const),
  ...(["bitsAt", "rangeAt", "quantizerAt"] as const),
  ...(["init", "initNames", "initExcept"] as const),
];

/** Settings that a run may have on any machine, whatever it is of. */
export const local: readonly SettingName[] = ["engine", "threads", "checkpointSeconds", "patience"];

/** Settings that may stand beside the experiment of a file. */
export const ofAnyExperiment: readonly SettingName[] = [...changing, ...local];

/** Options of these commands that are no settings, as the command line writes them; each of their tables takes its names from here. */
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

/** Names that no option of an experiment's file may have. Those of settings of built-in experiments, such as `lr`, it may. */
export const takenOptions: readonly string[] = [...ownOptionNames, ...ofAnyExperiment, "dataDir"];
