/** @file Counts of the rows of an import, by what is known of their tensors. */
import { type Known, knownNames } from "../../core/foreignStat.ts";
import type { ChunkRows } from "./rowChunk.ts";

/** Counts of an import. */
export interface RowCounts {
  /** Number of rows. */
  rows: number;
  /** First step. */
  firstStep: number;
  /** Last step. */
  lastStep: number;
  /** Numbers of rows by kind of statistic. */
  readonly known: Record<Known, number>;
  /** Number of rows of a cold start. */
  coldStarts: number;
  /** Number of rows with elements that are not finite. */
  nonFinite: number;
  /** Number of rows of tensors that have no elements, according to their count. */
  empty: number;
  /** Number of rows with a histogram. */
  histograms: number;
  /** Number of rows whose min or max is known only to an interval. */
  rounded: number;
  /** Number of rows whose min and max are known only to be near 0, because they were printed as 0. */
  lost: number;
  /** Number of rows of merged ranks that lack ranks of their site at other steps, so that their tensors may be wider. */
  partial: number;
  /** Number of tensors that were dropped because their width is unknown. */
  withoutEnds: number;
  /** Number of tensors that were dropped because of the role `none`. */
  leftOut: number;
}

export const noRows = (): RowCounts => ({
  rows: 0,
  firstStep: 0,
  lastStep: 0,
  known: { minMax: 0, amax: 0, scale: 0, histogram: 0, moments: 0 },
  coldStarts: 0,
  nonFinite: 0,
  empty: 0,
  histograms: 0,
  rounded: 0,
  lost: 0,
  partial: 0,
  withoutEnds: 0,
  leftOut: 0,
});

const isNearZero = (end: number, error: number): boolean => Math.abs(end) <= error;

/** Counts rows that are written. */
export const countRows = (counts: RowCounts, chunk: ChunkRows): void => {
  const { rows, step, min, max, minError, maxError, verdict, coldStart } = chunk;
  if (counts.rows === 0) counts.firstStep = step[0] as number;
  counts.lastStep = step[rows - 1] as number;
  counts.rows += rows;
  counts.partial += chunk.partial;
  for (const histogram of chunk.histogram ?? []) if (histogram !== undefined) counts.histograms++;
  for (let i = 0; i < rows; i++) {
    const known = knownNames[chunk.known.index[i] as number] as Known;
    const [low, high] = [minError[i] as number, maxError[i] as number];
    counts.known[known]++;
    if (low > 0 || high > 0) counts.rounded++;
    const isZero = low > 0 && isNearZero(min[i] as number, low) && isNearZero(max[i] as number, high);
    if (isZero && known !== "histogram") counts.lost++;
    const what = verdict.texts[verdict.index[i] as number];
    if (what === "nonFinite") counts.nonFinite++;
    if (what === "empty") counts.empty++;
    counts.coldStarts += coldStart[i] as number;
  }
};
