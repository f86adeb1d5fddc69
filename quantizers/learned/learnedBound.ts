import { type LearnedRange, notZero, upTo } from "./learnedRange.ts";
import { sampleDeviation } from "./moments.ts";

/** What is left of the variance of a normal number once its sign is dropped. */
const halfNormal = 1 - 2 / Math.PI;

/**
 * The learned bound of LBT for weights and activations. It starts at three standard deviations of the first tensor: of its own where there
 * are levels below 0, and else of the normal numbers whose magnitudes it would hold. Learns with Adam.
 *
 * @param sign whether there are levels below 0; `auto`: where the first tensor has elements there
 * @see Kim et al. 2024, arXiv:2407.12637, and their code
 */
export const learnedBound = ({ sign = "auto" }: Partial<Pick<LearnedRange, "sign">> = {}): LearnedRange => ({
  name: "lbt",
  roles: ["weight", "activation"],
  parameter: "bound",
  sign,
  start: (first, { isSigned }) => (3 * sampleDeviation(first)) / (isSigned ? 1 : Math.sqrt(halfNormal)),
  range: upTo,
  residual: true,
  gradientScale: () => 1,
  learning: { optimizer: "adam", decays: false, keep: notZero },
});
