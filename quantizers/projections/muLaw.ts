import { pow } from "../../core/elementary/pow.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { absMax } from "../../core/range.ts";
import { type Codebook, codebookProjection } from "./codebook.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const declared = options({
  layout: {
    type: "choice",
    choices: ["uniform", "segmented"],
    default: "uniform",
    help: "uniform steps of the law, or the segments of telephony (mu 255, 8 bits only)",
  },
  mu: { type: "number", default: 255, least: 1, most: 1e6, help: "strength of the law" },
});

/**
 * Levels of a mu-law code of `bits` bits (sign and magnitude) on [-bound, bound]. Magnitudes are rounded where the law is uniform:
 *
 *     F(x) = ln(1 + mu |x| / bound) / ln(1 + mu),   k = round(steps F),   steps = 2^(bits - 1) - 1
 */
export const muLawCodebook = (bits: number, mu: number, bound: number): Codebook => {
  const steps = 2 ** (bits - 1) - 1;
  const inverse = (y: number): number => (Math.sign(y) * bound * (pow(1 + mu, Math.abs(y)) - 1)) / mu;
  const at = (first: number, count: number): Float32Array =>
    Float32Array.from({ length: count }, (_, k) => inverse((first + k) / steps));
  return { levels: at(-steps, 2 * steps + 1), thresholds: at(0.5 - steps, 2 * steps) };
};

const fullScale = 8031;

/**
 * Levels of the mu-law byte of telephony on [-bound, bound]: sign, 3 exponent bits, 4 mantissa bits; its two zeros are one level.
 *
 *     (33 + 2 mantissa) 2^exponent - 33,   of 8031
 */
export const segmentedCodebook = (bound: number): Codebook => {
  const magnitudes = Array.from({ length: 128 }, (_, k) => (33 + 2 * (k % 16)) * 2 ** (k >> 4) - 33);
  const negative = magnitudes
    .slice(1)
    .reverse()
    .map((magnitude) => -magnitude);
  return {
    levels: Float32Array.from([...negative, ...magnitudes], (level) => (bound * level) / fullScale),
  };
};

/**
 * Companded quantization (mu-law): fine levels near 0, coarse ones at the bounds. In sign and magnitude with 8 bits, it is the code
 * that LogBTQ calls MU8.
 *
 * @param layout `uniform`: equal steps of the law, for any mu. `segmented`: the piecewise linear law of telephony, 8 bits only.
 *   Default: `uniform`.
 * @param mu strength of the law, at least 1. Default: 255, as in telephony.
 * @example
 * tryProjection(muLaw(), [0.001, 0.01, 1], { bits: 4 }).values; // [0, 0.01520021, 1]
 * @see Li et al. 2021, OpenReview igkmo23BgzB, names an 8-bit mu-law code; its layout is our reconstruction (docs/methods.md section 4)
 */
export const muLaw = (given: Given<typeof declared> = {}): Projection => {
  const { layout, mu } = withDefaults(declared, given, "muLaw");
  return {
    ...codebookProjection("muLaw", ({ bits, range }) =>
      layout === "segmented" ? segmentedCodebook(absMax(range)) : muLawCodebook(bits, mu, absMax(range)),
    ),
    options: { layout, mu },
    ...(layout === "segmented" && { bits: [8] }),
  };
};

/** `muLaw` in the catalogue of quantizers. */
export const muLawEntry = projectionEntry({
  name: "muLaw",
  summary: "companded: fine near 0; with 8 bits Rangeflow's reconstruction of MU8 of LogBTQ",
  source: "Li et al. 2021, OpenReview igkmo23BgzB",
  options: declared,
  make: muLaw,
});
