/**
 * @file Histograms of tensors: fixed bins, 16 per power of two and sign, plus the extremes of the tensor.
 *
 * The smallest and the largest value, and 0, stand for exactly equal elements, however many; every other value is the
 * middle of the part of its bin between the extremes. So no value lies outside the tensor, and values that a rectifier
 * or an image repeats at its bounds stay exact:
 *
 *     elements   0 0 0 0.11 2.01 2.02 5.8 6 6        bins [0.1094, 0.1133), [2, 2.125), [5.75, 6)
 *     values     0     0.111 2.06      5.88 6
 *     counts     3     1     2         1    2
 */
import type { Range } from "./range.ts";
import type { Sample } from "./sample.ts";

/** Mantissa bits kept by a bin: 16 bins per octave, each at most 6.25 % wide. */
const mantissaBits = 4;
const droppedBits = 23 - mantissaBits;
const binCount = 2 ** (32 - droppedBits);
const signBit = binCount / 2;
/** Bins below the normal numbers, whose elements count as 0. */
const subnormalBins = 1 << mantissaBits;
/** First bin of NaN and infinities, which occupy all bins from there on. */
const firstNonFinite = 255 << mantissaBits;

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** Bin number of a float32 number: its upper bits. */
export const binOf = (value: number): number => {
  floats[0] = value;
  return (words[0] as number) >>> droppedBits;
};

const magnitudeAt = (bin: number): number => {
  words[0] = bin << droppedBits;
  return floats[0] as number;
};

const isZero = (bin: number): boolean => (bin & (signBit - 1)) < subnormalBins;

/** Bounds of a bin; both are 0 if its elements count as 0. */
export const binEnds = (bin: number): readonly [lo: number, hi: number] => {
  if (isZero(bin)) return [0, 0];
  const magnitude = bin & (signBit - 1);
  const near = magnitudeAt(magnitude);
  const far = magnitude + 1 === firstNonFinite ? 2 ** 128 : magnitudeAt(magnitude + 1);
  return bin < signBit ? [near, far] : [-far, -near];
};

/** Bins in the order of their numbers; a single bin stands for all elements that count as 0. */
const ascending = Uint16Array.from([
  ...Array.from({ length: firstNonFinite - subnormalBins }, (_, i) => signBit + firstNonFinite - 1 - i),
  0,
  ...Array.from({ length: firstNonFinite - subnormalBins }, (_, i) => subnormalBins + i),
]);

/** A number, and how many elements it stands for. */
interface Counted {
  readonly value: number;
  readonly count: number;
}

/** The element of a bin farthest from 0, or nearest to it, and how often it occurs. */
const extremeIn = (bits: Uint32Array, bin: number, isFarthest: boolean): Counted => {
  if (bin === 0) return { value: 0, count: 0 };
  // Words of one bin have the same sign and are ordered as their magnitudes.
  let [found, count] = [isFarthest ? 0 : 0xffffffff, 0];
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    if (word >>> droppedBits !== bin) continue;
    if (word === found) count++;
    else if (word > found === isFarthest) [found, count] = [word, 1];
  }
  words[0] = found;
  return { value: floats[0] as number, count };
};

/** The middle of the part of a bin between the extremes, and never an extreme itself if the part has any width. */
const middleBetween = (bin: number, min: number, max: number): number => {
  const [lo, hi] = binEnds(bin);
  const [from, to] = [Math.max(lo, min), Math.min(hi, max)];
  const middle = Math.fround((from + to) / 2);
  return middle === min ? to : middle === max ? from : middle;
};

/** Number of elements per bin; everything that counts as 0 is in the first. */
const counted = (bits: Uint32Array): Uint32Array => {
  const bins = new Uint32Array(binCount);
  for (let i = 0; i < bits.length; i++) {
    const bin = (bits[i] as number) >>> droppedBits;
    bins[bin] = (bins[bin] as number) + 1;
  }
  for (let bin = 1; bin < subnormalBins; bin++) bins[0] = (bins[0] as number) + (bins[bin] as number);
  for (let bin = 0; bin < subnormalBins; bin++)
    bins[0] = (bins[0] as number) + (bins[signBit + bin] as number);
  return bins;
};

/**
 * The histogram of a tensor's elements. Extremes are exact; any other value is within 3.1 % of its elements. Magnitudes
 * below 2^-126 count as 0. Empty bins are omitted; NaN and infinities are not counted.
 *
 * @returns values in ascending order with their counts, all of at least 1; nothing for an empty tensor
 */
export const histogram = ({ values }: Pick<Sample, "values">): Sample => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bins = counted(bits);
  const filled: number[] = [];
  for (let i = 0; i < ascending.length; i++) {
    const bin = ascending[i] as number;
    if ((bins[bin] as number) > 0) filled.push(bin);
  }
  const [lowest, highest] = [filled[0] ?? 0, filled.at(-1) ?? 0];
  const min = extremeIn(bits, lowest, lowest >= signBit);
  const max = extremeIn(bits, highest, highest < signBit);
  const isOne = min.value === max.value;
  const restOf = (bin: number): number =>
    (bins[bin] as number) - (bin === lowest ? min.count : 0) - (bin === highest && !isOne ? max.count : 0);
  const ordered = [
    min,
    ...filled.map((bin) => ({ value: middleBetween(bin, min.value, max.value), count: restOf(bin) })),
    ...(isOne ? [] : [max]),
  ].filter(({ count }) => count > 0);
  return {
    values: Float32Array.from(ordered, ({ value }) => value),
    counts: Uint32Array.from(ordered, ({ count }) => count),
  };
};

/** Bounds of the elements that each value of a histogram stands for; equal if they all are the value itself. */
export interface Bins {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** The bins of a histogram, in the order of its values. */
export const binsOf = (values: Float32Array): Bins => {
  const [lo, hi] = [Float64Array.from(values), Float64Array.from(values)];
  const [min, max] = [values[0] as number, values[values.length - 1] as number];
  for (let i = 1; i < values.length - 1; i++) {
    const [from, to] = binEnds(binOf(values[i] as number));
    lo[i] = Math.max(from, min);
    hi[i] = Math.min(to, max);
  }
  return { lo, hi };
};

/** Fraction of a bin's elements inside a range, bounds included, if they are spread evenly. */
export const shareInside =
  (bins: Bins, { lo, hi }: Pick<Range, "lo" | "hi">) =>
  (bin: number): number => {
    const [from, to] = [bins.lo[bin] as number, bins.hi[bin] as number];
    if (to === from) return from < lo || from > hi ? 0 : 1;
    return Math.min(Math.max(Math.min(to, hi) - Math.max(from, lo), 0) / (to - from), 1);
  };

/**
 * Points per bin that stand for its elements. Levels may be as dense as bins, and a middle that coincides with a level
 * would have no error.
 */
const placesInBin = 16;

/** A tensor as described by a histogram: numbers in ascending order, and the number of elements each stands for. */
export interface Weighted {
  readonly values: Float32Array;
  readonly weights: Float64Array;
}

/** A histogram with its elements spread evenly over their bins. */
export const spreadOverBins = ({ values, counts }: Sample): Weighted => {
  const { lo, hi } = binsOf(values);
  const [at, weights]: [number[], number[]] = [[], []];
  for (let bin = 0; bin < values.length; bin++) {
    const [from, to] = [lo[bin] as number, hi[bin] as number];
    const places = to > from ? placesInBin : 1;
    for (let k = 0; k < places; k++) {
      at.push(from + ((to - from) * (k + 0.5)) / places);
      weights.push((counts?.[bin] as number) / places);
    }
  }
  return { values: Float32Array.from(at), weights: Float64Array.from(weights) };
};
