import { areOtherInputs, type InputNormalization, normalizationIn } from "../data/inputNormalization.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";

/** Difference between the inputs of a run and those of its initial weights. */
export interface OtherInputs {
  /** Normalization of the inputs that the weights file was trained on; absent if unknown or the same as the run's. */
  readonly fileInputs?: InputNormalization;
}

/** Reports weights that were trained on other inputs than those of the network. */
export const otherInputs = (initial: WeightMatch | undefined, inputs: InputNormalization): OtherInputs => {
  const fileInputs = normalizationIn(initial?.metadata ?? {});
  return areOtherInputs(inputs, fileInputs) ? { fileInputs } : {};
};
