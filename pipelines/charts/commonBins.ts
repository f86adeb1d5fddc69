/** @file Histograms of many tensors of a site on common bins. */
import { binsOf } from "../../core/histogram.ts";
import type { SiteHistogram } from "../views/runView.ts";
import { signedLogPlace, signedLogValue } from "./signedLog.ts";
import type { Axis } from "./siteChart.ts";

/** Edges of bins of equal width on the axis, one more than bins. */
export const commonEdges = (
  [from, to]: readonly [number, number],
  axis: Axis,
  constant: number,
  bins: number,
): Float64Array => {
  const [a, b] =
    axis === "linear" ? [from, to] : [signedLogPlace(from, constant), signedLogPlace(to, constant)];
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => {
    const place = a + ((b - a) * i) / bins;
    return axis === "linear" ? place : signedLogValue(place, constant);
  });
  edges[0] = from;
  edges[bins] = to;
  return edges;
};

/** The bin of a value. The last one includes its upper edge. */
const binAt = (edges: Float64Array, x: number): number => {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (edges[middle]! <= x) low = middle;
    else high = middle - 1;
  }
  return low;
};

/**
 * Shares of a tensor's elements in some bins. Elements of a histogram bin are spread evenly over it; those beyond the bins count for the
 * outermost ones.
 */
export const sharesIn = (edges: Float64Array, { values, counts }: SiteHistogram): Float64Array => {
  const shares = new Float64Array(edges.length - 1);
  const size = counts.reduce((sum, count) => sum + count, 0);
  const { lo, hi } = binsOf(values);
  for (let i = 0; i < values.length; i++) {
    const [from, to, share] = [lo[i]!, hi[i]!, counts[i]! / size];
    const last = binAt(edges, to);
    for (let bin = binAt(edges, from); bin <= last; bin++) {
      const left = bin === 0 ? from : Math.max(from, edges[bin]!);
      const right = bin === shares.length - 1 ? to : Math.min(to, edges[bin + 1]!);
      shares[bin]! += to > from ? (share * (right - left)) / (to - from) : share;
    }
  }
  return shares;
};
