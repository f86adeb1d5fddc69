/** @file Histograms in JSON, as NumPy and Weights & Biases write them: edges, and a count between each two of them. */
import { isHistogram } from "./rebinned.ts";
import type { BinnedCounts } from "./statisticBatch.ts";

const numbersIn = (value: unknown): readonly number[] | undefined =>
  Array.isArray(value) && value.every((one) => typeof one === "number") ? value : undefined;

/** A histogram with these edges and counts; undefined if they are invalid. */
export const jsonHistogram = (edges: unknown, counts: unknown): BinnedCounts | undefined => {
  const [at, of] = [numbersIn(edges), numbersIn(counts)];
  if (at === undefined || of === undefined) return undefined;
  const binned = { edges: at, counts: of };
  return isHistogram(binned) ? binned : undefined;
};

/** Edges of bins with equal width `size`, starting at `min`. */
const evenEdges = (min: number, size: number, bins: number): readonly number[] =>
  Array.from({ length: bins + 1 }, (_, i) => min + i * size);

/** A Weights & Biases histogram, `{ _type: "histogram", bins, values }` or with packed bins; undefined for any other value. */
export const wandbHistogram = (value: unknown): BinnedCounts | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { bins, values, packedBins } = value as Readonly<Record<string, unknown>>;
  if (packedBins === undefined || typeof packedBins !== "object" || packedBins === null)
    return jsonHistogram(bins, values);
  const { min, size, count } = packedBins as Readonly<Record<string, unknown>>;
  if (typeof min !== "number" || typeof size !== "number" || typeof count !== "number" || !(count < 2 ** 20))
    return undefined;
  return jsonHistogram(evenEdges(min, size, count), values);
};
