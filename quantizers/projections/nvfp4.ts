import { largestFloat } from "../../core/largestFloat.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { floatFormats, integerFormat } from "../formats/elementFormat.ts";
import { scaledRounding } from "../formats/rounding.ts";
import { clipBeyond, tensorScale } from "../formats/tensorScale.ts";
import { forEachBlock, largestIn } from "./blocks.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const declared = options({
  element: {
    type: "choice",
    choices: ["e2m1", "int"],
    default: "e2m1",
    help: "format of the elements; int: integers from -7 to 7, NVINT4",
  },
  block: {
    type: "integer",
    default: 16,
    least: 1,
    most: 65536,
    help: "neighbouring channels that share a scale",
  },
  scale: {
    type: "choice",
    choices: ["e4m3", "ue5m3"],
    default: "e4m3",
    help: "format of the blocks' scales: up to 448, or up to 61440",
  },
  top: {
    type: "number",
    default: 448,
    least: 1,
    most: 61440,
    help: "scale of a block that reaches the end of the range; what the format has beyond it is headroom for later tensors",
  },
});

const { fround } = Math;

/**
 * NVFP4: 4-bit elements up to 6, a scale in E4M3 for each block of 16 neighbouring channels, and a float32 scale for the tensor, which
 * follows from the largest magnitude r of the estimator's range. For a block whose largest magnitude is m:
 *
 *     S = 6 top / r,   s = round(m S / 6),   x^ = round(x S / s) s / S
 *
 * Scales are rounded to E4M3, elements to E2M1, ties to even, or stochastically. A block that exceeds r by more than 448 / top
 * saturates; its elements beyond are clipped, and no gradient passes there. With `top: 256`, that is 1.75 times r. Only the scale of the
 * tensor asks for a range, so it may be one of earlier tensors, as in hindsight. Products are computed in float32.
 *
 * @param element `e2m1`, or `int` for integers from -7 to 7 (NVINT4). Default: `e2m1`.
 * @param block channels that share a scale. Default: 16.
 * @param scale format of the blocks' scales, `e4m3` or `ue5m3`. Default: `e4m3`.
 * @param top scale of a block that reaches r. Default: 448, without headroom in E4M3.
 * @throws `RangeflowFailure` if the scale's format has no numbers up to `top`
 * @example
 * const how = { bits: 4, shape: [1, 1, 2, 4] };
 * tryProjection(nvfp4(), [0.9, -0.1, 0.02, 3.5, 0.05, 0, 0, 0], how).values.slice(0, 4); // [0.875, 0, 0, 3.5]
 * @see arXiv:2509.25149; order of operations as in NVIDIA's TransformerEngine; UE5M3: arXiv:2609.02846; NVINT4: arXiv:2510.25602
 */
export const nvfp4 = (given: Given<typeof declared> = {}): Projection => {
  const { element, block, scale, top } = withDefaults(declared, given, "nvfp4");
  const format = element === "int" ? integerFormat(4) : floatFormats.e2m1;
  const [round, roundScales] = [scaledRounding(format), scaledRounding(floatFormats[scale])];
  const { max: mostScale } = floatFormats[scale];
  const perMax = fround(1 / format.max);
  return {
    name: "nvfp4",
    options: { element, block, scale, top },
    follows: "both",
    bits: [4],
    project: (given, { shape, range, noise }) => {
      const x = nanToNum(given, range);
      const values = new Float32Array(x.length);
      const gradientMask = new Int8Array(x.length).fill(1);
      const scaled = { x, values, noises: noise?.(x.length) };
      // An element just beyond the largest one, because the scale of its block was rounded down, is rounded and not clipped.
      const { encoding, decoding, limit } = tensorScale(range, top * format.max, mostScale * format.max);
      const perBlock = fround(encoding * perMax);
      const own = new Float32Array(1);
      const ofBlock = { x: own, values: own, noises: undefined };
      let clipped = 0;
      forEachBlock(shape, x.length, block, (first, end) => {
        const largest = largestIn(x, first, end);
        own[0] = largest;
        roundScales(ofBlock, 0, 1, perBlock, 1);
        const each = (own[0] as number) * decoding;
        const per = Math.min(fround(1 / fround(each)), largestFloat);
        round(scaled, first, end, per, each);
        if (largest > limit) clipped += clipBeyond(limit, x, gradientMask, first, end);
      });
      return { values, gradientMask, clipped };
    },
  };
};

/** `nvfp4` in the catalogue of quantizers. */
export const nvfp4Entry = projectionEntry({
  name: "nvfp4",
  summary: "NVFP4 and NVINT4: a float8 scale for each block of 16 channels, a float32 scale from the range",
  source: "arXiv:2509.25149",
  options: declared,
  clash: ({ scale, top }) =>
    top > floatFormats[scale].max
      ? { found: `top=${top} with scale=${scale}`, expected: `up to ${floatFormats[scale].max}` }
      : undefined,
  make: nvfp4,
});
