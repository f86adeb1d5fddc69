/** @file What can be measured of a tensor: its elements themselves, or their histogram. */
/** Values, and how often each of them stands in the tensor. */
export interface Sample {
  readonly values: Float32Array;
  /** As many as values; each value stands once where missing. */
  readonly counts?: Uint32Array;
  /** Of the tensor; a histogram has forgotten where its elements stood. */
  readonly shape?: readonly number[];
}

/** Mantissa bits that a bin keeps: 16 bins an octave, so each is at most 6.25 % wide. */
const mantissaBits = 4;
const droppedBits = 23 - mantissaBits;
const half = 1 << (droppedBits - 1);
const binCount = 2 ** (32 - droppedBits);
/** Bins below the normal numbers: what lies there counts as 0. */
const subnormalBins = 1 << mantissaBits;

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** How wide the bin is whose middle a value of a histogram is; 0 for the one that stands for 0. */
export const binWidth = (middle: number): number =>
  middle === 0 ? 0 : 2 ** (Math.floor(Math.log2(Math.abs(middle))) - mantissaBits);

/** The middle of a bin. */
const middleOf = (bin: number): number => {
  if ((bin & (binCount / 2 - 1)) < subnormalBins) return 0;
  words[0] = (bin << droppedBits) | half;
  return floats[0] as number;
};

/**
 * A histogram whose bins do not depend on the tensor: 16 for each power of two, of either sign. So histograms of any tensors
 * add up, however far apart their ranges are. A value lies within 3.1 % of the middle of its bin, which stands for it; what is
 * below 2^-126 stands as 0. Bins without elements are left out; NaN and infinities are not counted.
 */
export const histogram = ({ values, counts }: Sample): Sample => {
  const bins = new Uint32Array(binCount);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const bin = (bits[i] as number) >>> droppedBits;
    bins[bin] = (bins[bin] as number) + (counts ? (counts[i] as number) : 1);
  }
  const ordered: (readonly [value: number, count: number])[] = [];
  let zeros = 0;
  for (let bin = 0; bin < binCount; bin++) {
    const count = bins[bin] as number;
    const isNumber = (bin & (binCount / 2 - 1)) < 255 << mantissaBits;
    if (count === 0 || !isNumber) continue;
    const value = middleOf(bin);
    if (value === 0) zeros += count;
    else ordered.push([value, count]);
  }
  if (zeros > 0) ordered.push([0, zeros]);
  ordered.sort(([a], [b]) => a - b);
  return {
    values: Float32Array.from(ordered, ([value]) => value),
    counts: Uint32Array.from(ordered, ([, count]) => count),
  };
};

/** Number of elements of the tensor. */
export const sampleSize = ({ values, counts }: Sample): number =>
  counts ? counts.reduce((sum, count) => sum + count, 0) : values.length;
