/** @file What `train` is given: an experiment, or a way to make one that a resumed run can go again. */
import type { GivenEstimators } from "../settings/flatRules.ts";
import type { Settings } from "../settings/settings.ts";
import type { Experiment } from "./experiment.ts";

/** An experiment of the models and data that ship with the package, by the settings of the command line. */
export interface BuiltIn {
  readonly from: "settings";
  /** What differs from the defaults; a run that goes on takes the rest from what was saved. */
  readonly wanted: Partial<Settings>;
  /** Estimators as values, instead of by name in the settings. */
  readonly estimators: GivenEstimators;
}

/** What a run is of. */
export type RunSource = Experiment | BuiltIn;

/**
 * An experiment with a model and a data set of this package, as `rangeflow train` makes it.
 *
 * @param wanted settings by the names of the command line, in camel case
 * @example
 * import { builtIn, train } from "rangeflow";
 *
 * train(builtIn({ model: "lenet5", data: "glyphs", epochs: 1 }), { out: "runs/first" });
 */
export const builtIn = (wanted: Partial<Settings> = {}, estimators: GivenEstimators = {}): BuiltIn => ({
  from: "settings",
  wanted,
  estimators,
});

export const isBuiltIn = (source: RunSource): source is BuiltIn => "from" in source;
