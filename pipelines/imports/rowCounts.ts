/** @file Counts of the rows of an import, by what is known of their tensors. */
import { type Known, knownNames } from "../../core/foreignStat.ts";
import type { ChunkRows } from "./rowChunk.ts";

/** What an import has found. */
export interface RowCounts {
  rows: number;
  firstStep: number;
  lastStep: number;
  /** Rows by what is known of their tensors. */
  readonly known: Record<Known, number>;
  coldStarts: number;
  nonFinite: number;
  /** Rows of tensors without elements, as their count says. */
  empty: number;
  histograms: number;
  /** Rows whose ends are known to an interval only. */
  rounded: number;
  /** Rows of which nothing is known but that their ends are near 0: those were printed as 0. */
  lost: number;
  /** Rows of merged ranks that lack some of those that their site has at other steps, so that their tensors may be wider. */
  partial: number;
  /** Tensors that were left out, because nothing says how wide they are, or by a role of `none`. */
  withoutEnds: number;
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
