import { areOtherInputs, type InputNormalization, normalizationIn } from "../data/inputNormalization.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";

/** What a run begins with, as far as inputs are concerned. */
export interface OtherInputs {
  /** What inputs of the file are normalized with that the weights come from; absent where it does not say it, or says the same. */
  readonly fileInputs?: InputNormalization;
}

/** Says that the weights of a file were trained on other inputs than those that a network gets. */
export const otherInputs = (initial: WeightMatch | undefined, inputs: InputNormalization): OtherInputs => {
  const fileInputs = normalizationIn(initial?.metadata ?? {});
  return areOtherInputs(inputs, fileInputs) ? { fileInputs } : {};
};
