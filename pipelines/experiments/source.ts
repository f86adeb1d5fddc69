/** @file Sources of a run: an experiment, or a description from which a resumed run can make the same experiment again. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Experiment } from "./experiment.ts";

/** An experiment with a model and a data set of this package, described by settings of the command line. */
export interface BuiltIn {
  readonly from: "settings";
  /** Settings that differ from the defaults. A resumed run takes all others from its checkpoint. */
  readonly wanted: Partial<Settings>;
}

/** An experiment that a file exports. */
export interface ExperimentFile {
  readonly from: "file";
  /** Path of the file, relative to the working directory. */
  readonly file: string;
  /** Values of the options that the file declares. A resumed run takes all others from its checkpoint. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Settings that override parts of the experiment: `epochs`, `batch`, `seed` and quantization, with the names of the command line. */
  readonly changes: Partial<Settings>;
}

/** Source of a run: what `train`, `evaluate` and exports take. */
export type RunSource = Experiment | BuiltIn | ExperimentFile;

/**
 * Refuses values that cannot be the source of a run, such as a path without `experimentFile`.
 *
 * @param where name of the function that was called, for the message
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
 * The result is plain data. To use functions of your own, such as an estimator, write an `experiment` with the same model and data and
 * put them into its rules.
 *
 * @param wanted settings, with the names of the command line in camel case. Default of each: the one in `defaults`
 * @example
 * import { builtIn, train } from "rangeflow";
 *
 * const run$ = train(builtIn({ model: "lenet5", data: "glyphs", epochs: 1 }), { out: "runs/first" });
 */
export const builtIn = (wanted: Partial<Settings> = {}): BuiltIn => ({ from: "settings", wanted });

/**
 * An experiment that a file exports, as `rangeflow train ./mine.ts --width 0.5` makes it.
 *
 * The file is executed when the run begins. A resumed run needs the file with the same contents.
 *
 * @param file path of a TypeScript or JavaScript file, relative to the working directory
 * @param options values of the options that the file declares. Default: those of the file
 * @param changes settings that override parts of its experiment: `epochs`, `batch`, `seed` and quantization. Default: none
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

/** Whether a source is made by `builtIn`. */
export const isBuiltIn = (source: RunSource): source is BuiltIn =>
  "from" in source && source.from === "settings";

/** Whether a source is made by `experimentFile`. */
export const isExperimentFile = (source: RunSource): source is ExperimentFile =>
  "from" in source && source.from === "file";
