import { pow } from "../../core/elementary/pow.ts";
import { nanToNum } from "../../core/nanToNum.ts";
import { roundHalfEven } from "../../core/rounding.ts";
import { square } from "../../core/square.ts";
import type { Projection } from "./projection.ts";
import { projectionEntry } from "./projectionEntry.ts";
import { extremesOf, roundRow, rowLength } from "./rows.ts";

/** Samples that are mixed with each other: a large one first, then the small ones that share it. */
export interface Block {
  readonly rows: readonly number[];
  /** Factors of the large sample, and of each small one, before mixing. */
  readonly large: number;
  readonly small: number;
}

/**
 * Largest magnitude in the Householder matrix of n rows that maps (1, 0, ..) to (1, .., 1) / sqrt(n): its first row and column are
 * 1 / sqrt(n), its diagonal below is 1 - off, and everything else is -off, which occurs from the third row on.
 */
const largestEntry = (n: number): number => {
  const off = 1 / (n - Math.sqrt(n));
  return Math.max(1 / Math.sqrt(n), Math.abs(1 - off), n > 2 ? off : 0);
};

const blockOf = (rows: readonly number[], ranges: readonly number[]): Block => {
  const n = rows.length;
  if (n === 1) return { rows, large: 1, small: 1 };
  const [largeRange, ...smallRanges] = rows.map((row) => ranges[row] as number) as [number, ...number[]];
  const large = pow(largeRange / Math.sqrt(n), -1 / 3);
  const small = pow((Math.max(...smallRanges) * largestEntry(n)) / (n - 1), -1 / 3);
  const norm = Math.sqrt(square(1 / large) + square(1 / small));
  return { rows, large: large * norm, small: small * norm };
};

/**
 * The samples to mix, by their ranges: the small ones, taken from the smallest upwards until their number outweighs the rest, are
 * assigned to the large ones in proportion to the large ones' ranges. Constant samples are not mixed.
 */
export const blocksOf = (ranges: readonly number[]): readonly Block[] => {
  const all = ranges.map((_, row) => row);
  const alone = all.filter((row) => ranges[row] === 0).map((row) => [row]);
  const sorted = all
    .filter((row) => ranges[row] !== 0)
    .sort((a, b) => (ranges[b] as number) - (ranges[a] as number));
  let largerSum = sorted.reduce((sum, row) => sum + (ranges[row] as number), 0);
  let large = sorted.length;
  while (large > 1) {
    const next = ranges[sorted[large - 1] as number] as number;
    if (((sorted.length - large) * next) / largerSum > 1) break;
    largerSum -= next;
    large--;
  }
  const small = sorted.slice(large);
  let [sum, taken] = [0, 0];
  const mixed = sorted.slice(0, large).map((row) => {
    sum += ranges[row] as number;
    const upTo = roundHalfEven((small.length * sum) / largerSum);
    const rows = [row, ...small.slice(taken, upTo)];
    taken = upTo;
    return rows;
  });
  return [...mixed, ...alone].map((rows) => blockOf(rows, ranges));
};

/** Reflects rows in place, each multiplied by a factor before and another after. A Householder matrix is its own inverse. */
const reflect = (
  rows: readonly Float32Array[],
  { before, after }: { readonly before: (row: number) => number; readonly after: (row: number) => number },
): void => {
  const part = 1 / Math.sqrt(rows.length);
  // 2 / |v|^2 for v = (1, 0, ..) - part (1, .., 1).
  const twice = 1 / (1 - part);
  const along = new Float64Array((rows[0] as Float32Array).length);
  rows.forEach((x, j) => {
    const v = (j === 0 ? 1 - part : -part) * before(j);
    for (let c = 0; c < along.length; c++) along[c] = (along[c] as number) + v * (x[c] as number);
  });
  rows.forEach((x, j) => {
    const v = twice * (j === 0 ? 1 - part : -part) * after(j);
    const factor = before(j) * after(j);
    for (let c = 0; c < along.length; c++) x[c] = factor * (x[c] as number) - v * (along[c] as number);
  });
};

/**
 * Block Householder quantization (BHQ) of gradients: large samples are spread over small ones, all are rounded as by `psq`, and the
 * mixing is inverted.
 *
 *     x -> T^-1 psq(T x),   T = H diag(s) in each block,   H (1, 0, ..) = (1, .., 1) / sqrt(n)
 *     s = (r_large / sqrt(n))^(-1/3) for the large sample, (r_small max|H| / (n - 1))^(-1/3) for small ones
 *
 * Levels follow the tensor; the estimator's range is not used.
 *
 * @example
 * // Two samples of two elements, one of them a hundred times as large.
 * tryProjection(bhq(), [0, 0.4, 0, 40], { shape: [2, 1, 1, 2], bits: 8 }).values; // [0, 0.4, 0, 40]
 * @see Chen et al. 2020, arXiv:2010.14298, BHQ; as in the authors' code
 */
export const bhq = (): Projection => ({
  name: "bhq",
  follows: "tensor",
  rounding: "stochastic",
  roles: ["gradient"],
  project: (x, how) => {
    const row = rowLength(how);
    const values = Float32Array.from(nanToNum(x, how.range));
    const noises = how.noise?.(x.length);
    const ranges: number[] = [];
    for (let first = 0; first < x.length; first += row) {
      const [lo, hi] = extremesOf(values, first, first + row);
      ranges.push(hi - lo);
    }
    for (const { rows, large, small } of blocksOf(ranges)) {
      const parts = rows.map((r) => values.subarray(r * row, (r + 1) * row));
      const scale = (j: number): number => (j === 0 ? large : small);
      const isMixed = rows.length > 1;
      if (isMixed) reflect(parts, { before: scale, after: () => 1 });
      for (const r of rows) roundRow(values, r * row, (r + 1) * row, 2 ** how.bits - 1, noises);
      if (isMixed) reflect(parts, { before: () => 1, after: (j) => 1 / scale(j) });
    }
    return { values, clipped: 0 };
  },
});

/** `bhq` in the catalogue of quantizers. */
export const bhqEntry = projectionEntry({
  name: "bhq",
  summary: "as psq, with large samples spread over small ones",
  source: "Chen et al. 2020, arXiv:2010.14298",
  options: {},
  make: bhq,
});
