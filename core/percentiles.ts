/** @file Percentiles of a sample, exact, and without sorting it. */
import { binsOf } from "./histogram.ts";
import { type Sample, sampleSize } from "./sample.ts";

/** The digits of a key, most significant first: how far right they stand, and how many values they have. */
const digits = [
  { shift: 21, radix: 2048 },
  { shift: 10, radix: 2048 },
  { shift: 0, radix: 1024 },
] as const;

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** Bits of a float32 as bits that, read without a sign, are ordered as the numbers are. */
const keyOf = (bits: number): number => bits ^ ((bits >> 31) | 0x80000000);

const numberOfKey = (key: number): number => {
  words[0] = key & 0x80000000 ? key & 0x7fffffff : ~key;
  return floats[0] as number;
};

/** Count of each value of a digit among the keys whose higher digits are those of `prefix`. */
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

/** Digit by digit, one reading of the elements for each that is not yet known. */
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

/** Elements of given ranks, as if those of a histogram were spread evenly over their bins. */
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
 * Percentiles, linear between the two elements next to them, as NumPy's default:
 *
 *     position = wanted / 100 * (number of elements - 1)
 *
 * @param wanted from 0 (the smallest element) to 100 (the largest)
 * @param sample not empty, without NaN; of a histogram they are nearly those of its tensor, and its extremes exactly
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
