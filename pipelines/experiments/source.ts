/** @file What `train` is given: an experiment, or a way to make one that a resumed run can go again. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Experiment } from "./experiment.ts";

/** An experiment of the models and data that ship with the package, by the settings of the command line. */
export interface BuiltIn {
  readonly from: "settings";
  /** Settings that differ from the defaults; a run that goes on takes the rest from what was saved. */
  readonly wanted: Partial<Settings>;
}

/** An experiment that a file exports. */
export interface ExperimentFile {
  readonly from: "file";
  /** Path of the file, from the working directory. */
  readonly file: string;
  /** Values of options that it declares; a run that goes on takes the rest from what was saved. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Changes of its experiment, by the names of the command line: epochs, batch, seed, and how sites are quantized. */
  readonly changes: Partial<Settings>;
}

/** Source of a run. */
export type RunSource = Experiment | BuiltIn | ExperimentFile;

/**
 * Refuses what can be no source of a run, such as a path without `experimentFile`.
 *
 * @param where what was given it, for the sentence
 * @throws `RangeflowFailure`
 */
export const checkSource = (where: string, source: unknown): void => {
  if (typeof source === "object" && source !== null) return;
  const path = typeof source === "string" ? source : "./mine.ts";
  throw new RangeflowFailure(
    problem(
      where,
      `${valueText(source)} as experiment`,
      `experiment({ .. }), builtIn({ .. }) or experimentFile(${JSON.stringify(path)})`,
    ),
  );
};

/**
 * An experiment with a model and a data set of this package, as `rangeflow train` makes it.
 *
 * It is plain data. Functions of your own, such as an estimator, belong into the rules of an `experiment` of the same model and data.
 *
 * @param wanted settings by the names of the command line, in camel case; those that are left out have their defaults
 * @example
 * import { builtIn, train } from "rangeflow";
 *
 * const run$ = train(builtIn({ model: "lenet5", data: "glyphs", epochs: 1 }), { out: "runs/first" });
 */
export const builtIn = (wanted: Partial<Settings> = {}): BuiltIn => ({ from: "settings", wanted });

/**
 * An experiment that a file exports, as `rangeflow train ./mine.ts --width 0.5` makes it. The file is executed when the run begins; a
 * run that goes on needs it with the same contents.
 *
 * @param file path of a TypeScript or JavaScript file, from the working directory
 * @param options values of options that the file declares
 * @param changes what is changed in its experiment: `epochs`, `batch`, `seed`, and how sites are quantized
 * @example
 * import { experimentFile, train } from "rangeflow";
 *
 * const run$ = train(experimentFile("./mine.ts", { width: 0.5 }), { out: "runs/mine" });
 */
export const experimentFile = (
  file: string,
  options: Readonly<Record<string, unknown>> = {},
  changes: Partial<Settings> = {},
): ExperimentFile => ({ from: "file", file, options, changes });

export const isBuiltIn = (source: RunSource): source is BuiltIn =>
  "from" in source && source.from === "settings";

export const isExperimentFile = (source: RunSource): source is ExperimentFile =>
  "from" in source && source.from === "file";
