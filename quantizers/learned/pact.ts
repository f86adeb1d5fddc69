import { oddBits, ontoEvenLevels } from "../projections/evenLevels.ts";
import type { Projection } from "../projections/projection.ts";
import { type LearnedRange, notZero, upTo } from "./learnedRange.ts";

export interface PactOptions extends Partial<Pick<LearnedRange, "sign">> {
  /** First value of the clipping level. */
  readonly alpha?: number;
}

const clipping = (
  name: string,
  residual: boolean,
  decays: boolean,
  { alpha = 8, sign = "auto" }: PactOptions,
): LearnedRange => ({
  name,
  roles: ["activation"],
  parameter: "alpha",
  sign,
  start: () => alpha,
  range: upTo,
  residual,
  gradientScale: () => 1,
  learning: { optimizer: "network", decays, keep: notZero },
});

/**
 * Parameterized clipping: activations in [0, |alpha|], or [-|alpha|, |alpha|] where there are negative ones. Only what is clipped has a
 * say in alpha, which decays like a weight.
 *
 * @see Choi et al. 2018, arXiv:1805.06085
 */
export const pact = (options: PactOptions = {}): LearnedRange => clipping("pact", false, true, options);

/**
 * PACT with the calibrated gradient of SAT: rounding errors inside the range reach alpha too, and alpha does not decay.
 *
 * Where there are levels below 0, they are symmetric, alpha / (2^(bits-1) - 1) apart, and 0 is one of them. The authors' code has others
 * there (`doubleSidedLevels`).
 *
 * @see Jin et al. 2019, arXiv:1912.10207
 */
export const cgPact = (options: PactOptions = {}): LearnedRange => clipping("cgPact", true, false, options);

/**
 * The levels of cgPact in the authors' code: 2^bits of them divide [0, alpha], or [-alpha, alpha] where there are negative activations
 * (their `double_side`). The latter are odd multiples of alpha / (2^bits - 1), none of them 0, and integers up to 7 bits.
 *
 * @see code of AdaBits
 */
export const doubleSidedLevels = (): Projection => ({
  name: "cgPact",
  options: { levels: "released" },
  follows: "range",
  roles: ["activation"],
  integerBits: oddBits,
  project: ontoEvenLevels,
});
