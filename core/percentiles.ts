/** @file Exact percentiles of a sample, without sorting it. */
import { binsOf } from "./histogram.ts";
import { type Sample, sampleSize } from "./sample.ts";

/** Digits of a key, most significant first: their shift, and their number of values. */
const digits = [
  { shift: 21, radix: 2048 },
  { shift: 10, radix: 2048 },
  { shift: 0, radix: 1024 },
] as const;

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** The bits of a float32 as a key whose unsigned order is the order of the numbers. */
const keyOf = (bits: number): number => bits ^ ((bits >> 31) | 0x80000000);

const numberOfKey = (key: number): number => {
  words[0] = key & 0x80000000 ? key & 0x7fffffff : ~key;
  return floats[0] as number;
};

/** Count of each value of a digit among the keys whose higher digits equal `prefix`. */
const countDigit = (
  bits: Int32Array,
  prefix: number,
  { shift, radix }: (typeof digits)[number],
): Uint32Array => {
  const found = new Uint32Array(radix);
  const higher = shift === 21 ? 0 : -(2 ** shift * radix);
  const wanted = (prefix * 2 ** shift * radix) | 0;
  for (let i = 0; i < bits.length; i++) {
    const key = keyOf(bits[i] as number);
    if ((key & higher) !== wanted) continue;
    const digit = (key >>> shift) & (radix - 1);
    found[digit] = (found[digit] as number) + 1;
  }
  return found;
};

/** Elements by rank, 0 for the smallest. */
type Ranked = (ranks: readonly number[]) => readonly number[];

/** Selection digit by digit, with one pass over the elements for each unknown digit (radix selection). */
const amongElements =
  (values: Float32Array): Ranked =>
  (ranks) => {
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    const known = new Map<string, Uint32Array>();
    return ranks.map((rank) => {
      let prefix = 0;
      let rest = rank;
      for (const digit of digits) {
        const place = `${digit.shift} ${prefix}`;
        const found = known.get(place) ?? countDigit(bits, prefix, digit);
        known.set(place, found);
        let value = 0;
        while ((found[value] as number) <= rest) rest -= found[value++] as number;
        prefix = prefix * digit.radix + value;
      }
      return numberOfKey(prefix);
    });
  };

/** Elements by rank in a histogram, as if they were spread evenly over their bins. */
const amongBins = (values: Float32Array, counts: Uint32Array): Ranked => {
  const { lo, hi } = binsOf(values);
  return (ranks) =>
    ranks.map((rank) => {
      let [bin, before] = [0, 0];
      while (before + (counts[bin] as number) <= rank) before += counts[bin++] as number;
      const [from, to] = [lo[bin] as number, hi[bin] as number];
      return from + ((to - from) * (rank - before + 0.5)) / (counts[bin] as number);
    });
};

/**
 * Percentiles with linear interpolation, as `numpy.percentile` by default:
 *
 *     position = wanted / 100 * (number of elements - 1)
 *
 * @param wanted from 0 (the smallest element) to 100 (the largest)
 * @param sample not empty, without NaN; percentiles of a histogram approximate those of its tensor, and its extremes
 *   are exact
 */
export const percentiles = (sample: Sample, wanted: readonly number[]): readonly number[] => {
  const last = sampleSize(sample) - 1;
  const positions = wanted.map((percent) => (percent / 100) * last);
  const { values, counts } = sample;
  const ranked = counts ? amongBins(values, counts) : amongElements(values);
  const found = ranked(positions.flatMap((position) => [Math.floor(position), Math.ceil(position)]));
  return positions.map((position, i) => {
    const [lower, upper] = [found[2 * i] as number, found[2 * i + 1] as number];
    return lower + (upper - lower) * (position - Math.floor(position));
  });
};
