/** @file Integers in blocks along the last axis of a tensor, which share a power of two. */
import { type BlockCodes, blocksOf } from "../../core/blocks.ts";
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import { codes, type Shape } from "../../core/tensor.ts";
import { integerFormat } from "../formats/elementFormat.ts";
import { type SharedExponentMode, sharedExponent } from "../formats/sharedExponent.ts";
import { largestIn } from "./blocks.ts";

/** The scale of each exponent byte; that of 254 - byte is its inverse. */
const powers = Float64Array.from({ length: 255 }, (_, byte) => 2 ** (byte - 127));

/** How blocks are quantized. */
export interface BlockRounding {
  readonly bits: number;
  /** Elements of a block. */
  readonly size: number;
  /** How the power of two of a block follows from its largest magnitude. */
  readonly scale: SharedExponentMode;
}

/** Integers in blocks, the numbers that they stand for, and the number of elements beyond the largest integer of their block. */
export interface IntegersInBlocks {
  readonly blocks: BlockCodes;
  readonly values: Float32Array;
  readonly clipped: number;
}

/** Where integers in blocks go. */
interface Rounded {
  readonly data: Int8Array;
  readonly values: Float32Array;
}

/** Rounds elements `first` to `end` - 1 to multiples of a power of two, at most `most`. @returns how many were beyond that */
const roundBlock = (
  x: Float32Array,
  noises: Float32Array | undefined,
  { data, values }: Rounded,
  first: number,
  end: number,
  each: number,
  per: number,
  most: number,
): number => {
  let clipped = 0;
  for (let i = first; i < end; i++) {
    let steps = (x[i] as number) * per;
    if (steps > most || steps < -most) {
      clipped++;
      steps = steps < 0 ? -most : most;
    }
    // Noise moves magnitudes, so that it does the same to a number and its negative.
    if (noises !== undefined) steps += steps < 0 ? -(noises[i] as number) : (noises[i] as number);
    const rounded = roundHalfEvenSmall(steps) | 0;
    const code = rounded > most ? most : rounded < -most ? -most : rounded;
    data[i] = code;
    values[i] = code * each;
  }
  return clipped;
};

/**
 * A tensor as integers in blocks along its last axis:
 *
 *     code = round(x / scale),   scale = 2^(exponent of the block) / 2^(bits - 2)
 *
 * rounded to nearest, ties to even, or stochastically if there is noise in (-1/2, 1/2) for each element; x is finite.
 *
 * @example
 * const x = Float32Array.of(0.9, -0.1, 0.02, 3.5);
 * const { blocks, values } = integersInBlocks(x, [1, 1, 1, 4], { bits: 4, size: 32, scale: "rceil" });
 * [elements(blocks.codes), blocks.scales, values]; // [[2, 0, 0, 7], [0.5], [1, 0, 0, 3.5]]
 */
export const integersInBlocks = (
  x: Float32Array,
  shape: Shape,
  { bits, size, scale }: BlockRounding,
  noises?: Float32Array,
): IntegersInBlocks => {
  const format = integerFormat(bits);
  const count = x.length;
  const row = shape.at(-1) ?? 1;
  const most = 2 ** (bits - 1) - 1;
  const data = new Int8Array(count);
  const values = new Float32Array(count);
  const scales = new Float32Array(row === 0 ? 0 : (count / row) * blocksOf(row, size));
  let [clipped, block] = [0, 0];
  const to = { data, values };
  const step = 2 ** -format.mantissaBits;
  for (let start = 0; start < count; start += row)
    for (let first = start; first < start + row; first += size) {
      const end = Math.min(first + size, start + row);
      const byte = sharedExponent(largestIn(x, first, end), format, scale);
      const each = (powers[byte] as number) * step;
      scales[block++] = each;
      clipped += roundBlock(x, noises, to, first, end, each, 1 / each, most);
    }
  return { blocks: { codes: codes(data, shape), scales, size }, values, clipped };
};
