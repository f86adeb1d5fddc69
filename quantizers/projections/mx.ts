import type { Clash } from "../../core/entry.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { type Given, options, type Values, withDefaults } from "../../core/options.ts";
import { sharedExponent, sharedExponentModes } from "../../core/sharedExponent.ts";
import { type ElementFormat, floatFormats, integerFormat } from "../formats/elementFormat.ts";
import { scaledRounding } from "../formats/rounding.ts";
import { forEachBlock, largestIn } from "./blocks.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";

const elements = ["e4m3", "e5m2", "e3m2", "e2m3", "e2m1"] as const;

const declared = options({
  element: {
    type: "choice",
    choices: ["float", "int", ...elements],
    default: "float",
    help: "format of the elements; float: e4m3 with 8 bits, e2m3 with 6, e2m1 with 4; int: integers, with any bits",
  },
  block: {
    type: "integer",
    default: 32,
    least: 1,
    most: 65536,
    help: "neighbours along an axis, usually channels, that share a scale",
  },
  scale: {
    type: "choice",
    choices: sharedExponentModes,
    default: "rceil",
    help: "how the power of two of a block follows from its largest magnitude; floor, as OCP defines it, saturates elements",
  },
  products: {
    type: "choice",
    choices: ["float32", "blocks"],
    default: "float32",
    help: "blocks, of integers: exact sums inside a block, and a copy in blocks along each axis that products add along",
  },
});

/** Elements of `float`, by bits. */
const floatOf: Readonly<Record<number, ElementFormat>> = {
  8: floatFormats.e4m3,
  6: floatFormats.e2m3,
  4: floatFormats.e2m1,
};

/** The scale of each exponent byte; that of 254 - byte is its inverse. */
const powers = Float64Array.from({ length: 255 }, (_, byte) => 2 ** (byte - 127));

const clashOf = ({ element, block, products }: Values<typeof declared>): Clash | undefined => {
  if (products !== "blocks") return undefined;
  if (element !== "int") return { found: `products=blocks with element=${element}`, expected: "element=int" };
  return block % 2 === 0
    ? undefined
    : { found: `products=blocks with block=${block}`, expected: "an even number" };
};

/**
 * Microscaling formats (MX): MXFP8, MXFP6, MXFP4 and MXINT8, and the integers of other widths. Blocks of `block` neighbouring channels
 * share a scale X, a power of two from the largest magnitude of the block:
 *
 *     x^ = X round(x / X),   rounded to a number of the element format, ties to even, or stochastically
 *
 * Nothing depends on the tensor as a whole, so no range is used. Scales take 8 / block bits for each element beside its own, which
 * counts of bytes leave out.
 *
 * Products are computed in float32, of this one copy. With `products: "blocks"`, those of convolutions and dense layers with one group of
 * channels are computed in integers inside each block, the sums of blocks in float32. The tensor is then quantized a second time, in
 * blocks along its first axis, for the products that add along that: samples of activations and gradients, for the gradients of weights,
 * and output channels of weights, for the gradients of inputs.
 *
 * @param element format of the elements. Default: `float`, which is E4M3 with 8 bits, E2M3 with 6 and E2M1 with 4; `int` has any width.
 * @param block channels that share a scale. Default: 32.
 * @param scale how X follows from the largest magnitude; see `sharedExponentModes`. Default: `rceil`, with which nothing saturates.
 * @param products `float32` or, with integers in blocks of an even number, `blocks`. Default: `float32`.
 * @example
 * tryProjection(mx(), [0.9, -0.1, 0.02, 3.5], { bits: 4 }).values; // [1, 0, 0, 4]
 * @see OCP Microscaling Formats (MX) 1.0; symmetric integers of other widths: arXiv:2510.25602
 */
export const mx = (given: Given<typeof declared> = {}): Projection => {
  const values = withDefaults(declared, given, "mx");
  const { element, block, scale, products } = values;
  const wrong = clashOf(values);
  if (wrong) throw new RangeflowFailure(problem("mx", wrong.found, wrong.expected));
  const formatFor = (bits: number): ElementFormat => {
    if (element === "int") return integerFormat(bits);
    return element === "float" ? (floatOf[bits] as ElementFormat) : floatFormats[element];
  };
  const widths =
    element === "float" ? [4, 6, 8] : element === "int" ? undefined : [floatFormats[element].bits];
  return {
    name: "mx",
    options: { element, block, scale, ...(products === "blocks" && { products }) },
    follows: "tensor",
    ...(widths && { bits: widths }),
    ...(products === "blocks" && { integerBlocks: { size: block, scale } }),
    project: (given, { shape, bits, range, noise }) => {
      const format = formatFor(bits);
      const round = scaledRounding(format);
      const x = nanToNum(given, range);
      const values = new Float32Array(x.length);
      const scaled = { x, values, noises: noise?.(x.length) };
      let clipped = 0;
      forEachBlock(shape, x.length, block, (first, end) => {
        const byte = sharedExponent(largestIn(x, first, end), format, scale);
        clipped += round(scaled, first, end, powers[254 - byte] as number, powers[byte] as number);
      });
      return { values, clipped };
    },
  };
};

/** `mx` in the catalogue of quantizers. */
export const mxEntry = projectionEntry({
  name: "mx",
  summary: "microscaling formats: MXFP8, MXFP6, MXFP4, MXINT8; a power of two for each block of 32 channels",
  source: "OCP Microscaling Formats (MX) 1.0",
  options: declared,
  clash: clashOf,
  make: mx,
});
