import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { floatFormats } from "../formats/elementFormat.ts";
import { scaledRounding } from "../formats/rounding.ts";
import { clipBeyond, tensorScale } from "../formats/tensorScale.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const declared = options({
  element: {
    type: "choice",
    choices: ["hybrid", "e4m3", "e5m2"],
    default: "hybrid",
    help: "format of the elements; hybrid: e5m2 for gradients, e4m3 otherwise",
  },
});

/**
 * Float8 with a float32 scale for the tensor, which follows from the largest magnitude r of the estimator's range:
 *
 *     S = max / r,   x^ = round(x S) / S,   max = 448 for E4M3, 57344 for E5M2
 *
 * Elements are rounded to nearest, ties to even, or stochastically; those beyond r are clipped, and no gradient passes there. With a
 * range in hindsight or `delayedScaling`, S is there before the tensor; with a range of 0 it is 1. Products are computed in float32.
 *
 * @param element `e4m3`, `e5m2`, or `hybrid`: E5M2 for gradients, E4M3 otherwise. Default: `hybrid`.
 * @example
 * tryProjection(float8(), [0.1, 0.3, -3.14159, 448]).values; // [0.1015625, 0.3125, -3.25, 448]
 * @see formats: arXiv:2209.05433; scales as in NVIDIA's TransformerEngine
 */
export const float8 = (given: Given<typeof declared> = {}): Projection => {
  const { element } = withDefaults(declared, given, "float8");
  return {
    name: "float8",
    options: { element },
    follows: "range",
    bits: [8],
    project: (given, { role, range, noise }) => {
      const name = element === "hybrid" ? (role === "gradient" ? "e5m2" : "e4m3") : element;
      const x = nanToNum(given, range);
      const values = new Float32Array(x.length);
      const { encoding, decoding, limit } = tensorScale(range, floatFormats[name].max);
      const scaled = { x, values, noises: noise?.(x.length) };
      scaledRounding(floatFormats[name])(scaled, 0, x.length, encoding, decoding);
      const gradientMask = new Int8Array(x.length).fill(1);
      const clipped = clipBeyond(limit, x, gradientMask);
      return { values, gradientMask, clipped };
    },
  };
};

/** `float8` in the catalogue of quantizers. */
export const float8Entry = projectionEntry({
  name: "float8",
  summary: "float8 with one scale from the range: E4M3 forward, E5M2 for gradients",
  source: "Micikevicius et al. 2022, arXiv:2209.05433",
  options: declared,
  make: float8,
});
