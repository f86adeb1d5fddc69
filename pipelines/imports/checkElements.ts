/** @file Detects contradictions between the elements of a tensor, their number, and its min and max. */
import { type Interval, largestMagnitude, liesIn, outermostBins } from "./outermostBins.ts";
import type { BinnedCounts, Statistic } from "./statisticBatch.ts";
import type { StatisticTable } from "./statisticTable.ts";
import { type TensorEnds, TensorFault } from "./tensorEnds.ts";

const allFinite = "a histogram of all elements that are finite";

const checkCount = (table: StatisticTable, row: number, binned: BinnedCounts | undefined): void => {
  const count = table.value(row, "count");
  const nonFinite = table.has(row, "nonFinite") ? table.value(row, "nonFinite") : 0;
  if (nonFinite > count)
    throw new TensorFault(
      row,
      ["nonFinite"],
      `nonFinite ${nonFinite} above count ${count}`,
      "a part of the elements",
    );
  const total = binned && Array.from(binned.counts).reduce((sum, one) => sum + one, 0);
  if (total !== undefined && total !== count && total !== count - nonFinite)
    throw new TensorFault(row, ["count"], `count ${count} with a histogram of ${total} elements`, allFinite);
};

/** Refuses a histogram with elements outside min and max, which happens with edges that were fixed before the tensor. */
const checkBins = (row: number, binned: BinnedCounts, ends: TensorEnds): void => {
  const { known, min, max, minError, maxError } = ends;
  const outermost = outermostBins(binned);
  if (outermost === undefined || !Number.isFinite(min) || !Number.isFinite(max)) return;
  const check = (statistic: Statistic, value: number, error: number, what: string, bin: Interval): void => {
    if (liesIn(bin, value, error)) return;
    const found = `${statistic} ${value} with a histogram whose ${what} lies from ${bin[0]} to ${bin[1]}`;
    throw new TensorFault(row, [statistic], found, allFinite);
  };
  if (known === "minMax") {
    check("min", min, minError, "least element", outermost.least);
    check("max", max, maxError, "greatest element", outermost.greatest);
  }
  if (known === "amax") check("amax", max, maxError, "largest magnitude", largestMagnitude(outermost));
};

/**
 * Refuses impossible elements: more non-finite elements than elements, or a histogram of other elements.
 *
 * @throws `TensorFault`
 */
export const checkElements = (table: StatisticTable, row: number, ends: TensorEnds): void => {
  const binned = table.histogram(row);
  if (table.has(row, "count")) checkCount(table, row, binned);
  if (binned !== undefined) checkBins(row, binned, ends);
};
