/**
 * @file NITI's integers: int32 sums become int8 mantissas with one exponent per tensor, entirely in integer arithmetic.
 *
 * As a quantizer of a network, `niti` is the uniform grid `powerAbove`, which differs in ties only: the functions here round them
 * up.
 * @see Wang et al., NITI, the released code (docs/methods.md 8.8)
 */
import { ceilLog2 } from "../../core/powers.ts";
import { roles } from "../../core/signal.ts";
import { quantizerEntry } from "../quantizerEntry.ts";

/** Number of bits by which sums up to `most` are shifted to fit into 7 bits and a sign: ceil(log2 most) - 7, at least 0. */
export const nitiShift = (most: number): number => (most > 0 ? Math.max(ceilLog2(most) - 7, 0) : 0);

const clamp = (v: number, most: number): number => Math.min(Math.max(v, -most), most);

/** v / 2^shift in [-most, most], rounded with ties up: for activations and errors. */
export const roundShift = (v: number, shift: number, most = 127): number => {
  if (shift === 0) return clamp(v, most);
  const rest = v - ((v >> shift) << shift);
  return clamp((v >> shift) + (rest >> (shift - 1)), most);
};

/**
 * v / 2^shift in [-most, most], rounded away from 0 if the upper half of the lost bits exceeds their lower half, which serves as a
 * random number: for gradients of weights.
 */
export const pseudoStochasticShift = (v: number, shift: number, most = 127): number => {
  const whole = Math.trunc(v / 2 ** shift);
  const rest = Math.abs(v - whole * 2 ** shift);
  const lowerBits = shift >> 1;
  const high = rest >> lowerBits;
  const low = (rest & (2 ** lowerBits - 1)) << (shift & 1);
  return clamp(whole + (high > low ? Math.sign(v) : 0), most);
};

/**
 * `niti` in the catalogue of quantizers: the uniform grid `powerAbove`, whose scale is the smallest power of two that covers the
 * range.
 *
 * @example
 * const grid = uniformGrid({ scheme: "powerAbove", bits: 8 }, "conv1/input")({ lo: -0.9, hi: 0.9 });
 * grid; // right({ bits: 8, qmin: -127, qmax: 127, scale: [0.0078125], zeroPoint: [0] })
 * nitiShift(1000); // 3
 * roundShift(1000, 3); // 125
 * @see docs/methods.md 8.8
 */
export const nitiEntry = quantizerEntry({
  name: "niti",
  summary: "uniform steps of the smallest power of two that holds the range; rounds to nearest",
  source: "Wang et al., NITI, released code",
  roles,
  isInteger: true,
  options: {},
  make: () => (base) => ({ ...base, scheme: "powerAbove", rounding: "nearest" }),
});
