import { type Given, options, withDefaults } from "../../core/options.ts";
import { sampleMean } from "../moments.ts";
import { learnedEntry, sign } from "./learnedEntry.ts";
import type { LearnedRange, Sided } from "./learnedRange.ts";
import { leastParameter } from "./learnedRange.ts";

const declared = options({ sign });

/** Numbers of steps that a grid has below and above 0. */
const steps = ({ bits, isSigned }: Sided): readonly [below: number, above: number] =>
  isSigned ? [2 ** (bits - 1), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

/**
 * Learned step size: the parameter is the step s of the grid, and levels are all integers of so many bits times s.
 *
 *     s starts as 2 mean|x| / sqrt(Qp);   its gradient is multiplied with 1 / sqrt(N Qp), N elements, Qp steps above 0
 *
 * @param sign whether there are levels below 0; `auto`: where the first tensor has elements there
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
