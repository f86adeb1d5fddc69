import { type Given, options, withDefaults } from "../../core/options.ts";
import { sampleMean } from "../moments.ts";
import { learnedEntry, sign } from "./learnedEntry.ts";
import type { LearnedRange, Sided } from "./learnedRange.ts";
import { leastParameter } from "./learnedRange.ts";

const declared = options({ sign });

/** Number of steps of a grid below and above 0. */
const steps = ({ bits, isSigned }: Sided): readonly [below: number, above: number] =>
  isSigned ? [2 ** (bits - 1), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

/**
 * Learned step size quantization (LSQ): the step s of the grid is a trained parameter, and levels are all `bits`-wide
 * integers times s.
 *
 *     s starts as 2 mean|x| / sqrt(Qp);   its gradient is multiplied by 1 / sqrt(N Qp), for N elements and Qp steps above 0
 *
 * For weights and activations. The step is trained by the optimizer of the network, without weight decay.
 *
 * @param sign whether there are levels below 0: `signed`, `unsigned`, or `auto`, signed if the first tensor has
 *   elements there. Default: `auto`.
 * @example
 * lsq().range(0.5, { bits: 2, isSigned: true }); // { lo: -1, hi: 0.5 }
 * @see Esser et al. 2020, arXiv:1902.08153
 */
export const lsq = (given: Given<typeof declared> = {}): LearnedRange => ({
  name: "lsq",
  roles: ["weight", "activation"],
  parameter: "step",
  sign: withDefaults(declared, given, "lsq").sign,
  start: (first, how) => (2 * sampleMean(first, Math.abs)) / Math.sqrt(steps(how)[1]),
  range: (step, how) => {
    const [below, above] = steps(how);
    return { lo: -below * step, hi: above * step };
  },
  residual: true,
  gradientScale: (count, how) => 1 / Math.sqrt(count * steps(how)[1]),
  learning: { optimizer: "network", decays: false, keep: (step) => Math.max(step, leastParameter) },
});

/** `lsq` in the catalogue of quantizers. */
export const lsqEntry = learnedEntry({
  name: "lsq",
  summary: "learned step size",
  source: "Esser et al. 2020, arXiv:1902.08153",
  options: declared,
  make: lsq,
});
