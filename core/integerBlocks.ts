/** @file Quantization to integers in blocks: the law of all engines. */
import { type BlockCodes, type Blocks, blocksOf } from "./blocks.ts";
import { nanToNum } from "./nanToNum.ts";
import { type Key, roundingNoise } from "./random.ts";
import type { Range } from "./range.ts";
import { roundHalfEvenSmall } from "./rounding.ts";
import { type SharedExponentMode, sharedExponent } from "./sharedExponent.ts";
import { type Codes, codes, type Shape, sizeOf, type Tensor } from "./tensor.ts";

/** How blocks share a scale. */
export interface BlockScheme {
  /** Elements of a block, an even number. */
  readonly size: number;
  /** How the power of two of a block follows from its largest magnitude. */
  readonly scale: SharedExponentMode;
}

/** How a tensor [N, H, W, C] is quantized to integers in blocks. */
export interface BlockRounding extends BlockScheme {
  /** Bit width, 2 to 8. */
  readonly bits: number;
  /** Whether to make the copy in blocks along the first axis, too. */
  readonly isBoth: boolean;
  /** Range of the tensor, whose ends stand for infinities. */
  readonly range: Range;
  /**
   * Noise of stochastic rounding: of elements 0, 1, .. for the copy in blocks of channels, and of those from the size of the tensor on for the
   * other copy. Without it, rounding is to nearest.
   */
  readonly noise?: Key | undefined;
}

/** A tensor in blocks. */
export interface InBlocksOf<T> {
  readonly blocks: Blocks;
  /** The numbers that the integers of the copy in blocks of channels stand for. */
  readonly values: T;
  /** Elements of that copy beyond the largest integer of their block; none with the scale `rceil`. */
  readonly clipped: number;
}

/** A tensor in blocks on an engine. */
export interface QuantizedBlocks extends InBlocksOf<Tensor> {
  /** The memory of the step that it takes, to be released when nothing reads it any more. */
  readonly memory: readonly (Tensor | Codes)[];
}

/** The memory of a tensor in blocks whose scales take none of the step. */
export const memoryOf = ({
  blocks: { last, first },
  values,
}: InBlocksOf<Tensor>): QuantizedBlocks["memory"] => [values, last.codes, ...(first ? [first.codes] : [])];

/** What is computed of an element, and where it goes. */
interface Copy {
  readonly x: Float32Array;
  /** Index in x of element `k` of row `row`. */
  readonly index: (row: number, k: number) => number;
  readonly noise: ((index: number) => number) | undefined;
  readonly values: Float32Array | undefined;
}

const copyInBlocks = (
  { x, index, noise, values }: Copy,
  shape: Shape,
  { bits, size, scale }: BlockRounding,
): { readonly blocks: BlockCodes; readonly clipped: number } => {
  const length = shape[3] as number;
  const rows = length === 0 ? 0 : x.length / length;
  const most = 2 ** (bits - 1) - 1;
  const mantissaBits = bits - 2;
  const format = { max: most / 2 ** mantissaBits, mostExponent: 0, mantissaBits };
  const data = new Int8Array(x.length);
  const scales = new Float32Array(rows * blocksOf(length, size));
  let [clipped, block] = [0, 0];
  for (let row = 0; row < rows; row++)
    for (let first = 0; first < length; first += size) {
      const end = Math.min(first + size, length);
      let largest = 0;
      for (let k = first; k < end; k++) largest = Math.max(largest, Math.abs(x[index(row, k)] as number));
      const each = 2 ** (sharedExponent(largest, format, scale) - 127 - mantissaBits);
      scales[block++] = largest === 0 ? 0 : each;
      for (let k = first; k < end; k++) {
        const at = index(row, k);
        let steps = Math.fround((x[at] as number) / each);
        clipped += Number(Math.abs(steps) > most);
        steps = Math.min(Math.max(steps, -most), most);
        if (noise) steps = Math.fround(steps + noise(at));
        // Adding 0 turns -0 into 0, which is another number.
        const code = Math.min(Math.max(roundHalfEvenSmall(steps), -most), most) + 0;
        data[row * length + k] = code;
        if (values) values[at] = code * each;
      }
    }
  return { blocks: { codes: codes(data, shape), scales, size }, clipped };
};

/**
 * A tensor as integers in blocks, which share a power of two:
 *
 *     code = clip(round(x / scale [+ noise])),   scale = 2^(exponent of the block) / 2^(bits - 2)
 *
 * in float32, clipped to -(2^(bits - 1) - 1) .. 2^(bits - 1) - 1 before and after noise, rounded to nearest, ties to even. NaN is 0. The
 * scale of a block of zeros is 0, where a standard stores the least exponent: processors multiply by 2^-133 slowly.
 *
 * @example
 * const x = Float32Array.of(0.9, -0.1, 0.02, 3.5);
 * const how = { bits: 4, size: 32, scale: "rceil", isBoth: false, range: { lo: -0.1, hi: 3.5 } } as const;
 * const { blocks, values } = integersInBlocks(x, [1, 1, 1, 4], how);
 * [elements(blocks.last.codes), blocks.last.scales, values]; // [[2, 0, 0, 7], [0.5], [1, 0, 0, 3.5]]
 * @see OCP Microscaling Formats (MX) 1.0; symmetric integers of other widths: arXiv:2510.25602
 */
export const integersInBlocks = (
  given: Float32Array,
  shape: Shape,
  how: BlockRounding,
): InBlocksOf<Float32Array> => {
  const { isBoth, range, noise: key } = how;
  const x = nanToNum(given, range);
  const count = sizeOf(shape);
  const [samples, , , channels] = shape as [number, number, number, number];
  const each = samples === 0 ? 0 : count / samples;
  const values = new Float32Array(count);
  const noiseFrom = (first: number) => key && ((index: number) => roundingNoise(key, first + index));
  const last = copyInBlocks(
    { x, index: (row, k) => row * channels + k, noise: noiseFrom(0), values },
    shape,
    how,
  );
  if (!isBoth) return { blocks: { last: last.blocks }, values, clipped: last.clipped };
  const first = copyInBlocks(
    { x, index: (row, k) => k * each + row, noise: noiseFrom(count), values: undefined },
    [...shape.slice(1), samples],
    how,
  );
  return { blocks: { last: last.blocks, first: first.blocks }, values, clipped: last.clipped };
};
