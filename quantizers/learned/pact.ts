import { type Given, options, withDefaults } from "../../core/options.ts";
import { oddBits, ontoEvenLevels } from "../projections/evenLevels.ts";
import type { Projection } from "../projections/projection.ts";
import { learnedEntry, sign } from "./learnedEntry.ts";
import { type LearnedRange, notZero, upTo } from "./learnedRange.ts";

const alpha = { type: "number", default: 8, least: 1e-6, most: 1e6, help: "initial clipping level" } as const;

const declared = options({ alpha, sign });

const clipping = (
  name: string,
  residual: boolean,
  decays: boolean,
  given: Given<typeof declared>,
): LearnedRange => {
  const { alpha, sign } = withDefaults(declared, given, name);
  return {
    name,
    roles: ["activation"],
    parameter: "alpha",
    sign,
    start: () => alpha,
    range: upTo,
    residual,
    gradientScale: () => 1,
    learning: { optimizer: "network", decays, keep: notZero },
  };
};

/**
 * PACT: activations are clipped to [0, |alpha|], or to [-|alpha|, |alpha|] if there are negative ones, with a trained
 * clipping level alpha. Only clipped elements contribute to the gradient of alpha, which decays as weights do.
 *
 * @param alpha initial clipping level, in the unit of the activations. Default: 8.
 * @param sign whether there are levels below 0: `signed`, `unsigned`, or `auto`, signed if the first tensor has
 *   elements there. Default: `auto`.
 * @example
 * const { start, range } = pact({ alpha: 6 });
 * range(start({ values: Float32Array.of(1) }, { bits: 4, isSigned: false }), { bits: 4, isSigned: false }); // { lo: 0, hi: 6 }
 * @see Choi et al. 2018, arXiv:1805.06085
 */
export const pact = (given: Given<typeof declared> = {}): LearnedRange =>
  clipping("pact", false, true, given);

/**
 * PACT with the calibrated gradient of SAT: rounding errors inside the range contribute to the gradient of alpha too,
 * and alpha does not decay.
 *
 * If there are levels below 0, they are symmetric multiples of alpha / (2^(bits-1) - 1), 0 included. The authors' code
 * has other levels there (see `doubleSidedLevels`).
 *
 * @param alpha initial clipping level, in the unit of the activations. Default: 8.
 * @param sign whether there are levels below 0: `signed`, `unsigned`, or `auto`, signed if the first tensor has
 *   elements there. Default: `auto`.
 * @example
 * cgPact({ sign: "signed" }).range(8, { bits: 4, isSigned: true }); // { lo: -8, hi: 8 }
 * @see Jin et al. 2019, arXiv:1912.10207
 */
export const cgPact = (given: Given<typeof declared> = {}): LearnedRange =>
  clipping("cgPact", true, false, given);

/**
 * The levels of cgPact in the authors' code: 2^bits equally spaced levels from 0 to alpha, or from -alpha to alpha if
 * there are negative activations (their `double_side`). The latter are odd multiples of alpha / (2^bits - 1), without
 * 0, and are multiplied as integers up to 7 bits.
 *
 * @example
 * tryProjection(doubleSidedLevels(), [-1, 0.1, 1], { bits: 2 }).values; // [-1, 0.3333333, 1]
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

/** `pact` in the catalogue of quantizers. */
export const pactEntry = learnedEntry({
  name: "pact",
  summary: "learned clipping level, with gradients from clipped elements",
  source: "Choi et al. 2018, arXiv:1805.06085",
  options: declared,
  make: pact,
});

/** `cgPact` in the catalogue of quantizers. */
export const cgPactEntry = learnedEntry({
  name: "cgPact",
  summary:
    "as pact, with gradients from rounding errors too; levels=released: levels below 0 as in the authors' code",
  source: "Jin et al. 2019, arXiv:1912.10207",
  options: {
    ...declared,
    levels: {
      type: "choice",
      choices: ["symmetric", "released"],
      default: "symmetric",
      help: "levels if there are some below 0: symmetric with a 0, or odd multiples of alpha/(2^bits-1), as double_side of AdaBits",
    },
  },
  make: ({ alpha, sign }) => cgPact({ alpha, sign }),
  projection: ({ levels }) => (levels === "released" ? doubleSidedLevels() : undefined),
});
