/** @file One row of a recording as it is folded: the numbers of a tensor, in the order of the columns of a site. */
import { emptyRow, places } from "./buckets.ts";
import { siteFolds } from "./runView.ts";

/** The numbers of one row of a recording. */
export interface SiteRow {
  readonly step: number;
  readonly observed: boolean;
  readonly min: number;
  readonly max: number;
  readonly lo: number;
  readonly hi: number;
  readonly count: number;
  readonly nonFinite: number;
  readonly clipped: number;
  readonly bytesMoved: number;
  readonly bytesSaved: number;
  readonly isStatic: boolean;
}

const at = places(siteFolds);
const silent = emptyRow(siteFolds);

/** Span of an interval and 0, which every grid has. */
const span = (lo: number, hi: number): number => Math.max(hi, 0) - Math.min(lo, 0);

/** log2 of how many times the span of a tensor from min to max the range from lo to hi spans; NaN where one of them has none. */
export const spanFit = (min: number, max: number, lo: number, hi: number): number => {
  const [tensor, range] = [span(min, max), span(lo, hi)];
  return tensor > 0 && range > 0 ? Math.log2(range / tensor) : Number.NaN;
};

/** Writes a row of a recording to `out`, a number for each column of a site. */
export const writeRow = (out: Float64Array, row: SiteRow): void => {
  const { observed, min, max, lo, hi, count, clipped } = row;
  const fit = observed ? spanFit(min, max, lo, hi) : Number.NaN;
  out.set(silent);
  out[at.rows] = 1;
  if (row.isStatic) out[at.statics] = 1;
  if (observed) {
    out[at.min] = min;
    out[at.max] = max;
  } else out[at.faults] = 1;
  out[at.loLeast] = lo;
  out[at.loGreatest] = lo;
  out[at.hiLeast] = hi;
  out[at.hiGreatest] = hi;
  if (!Number.isNaN(fit)) {
    out[at.fitSum] = fit;
    out[at.fitLeast] = fit;
    out[at.fitGreatest] = fit;
    out[at.fitted] = 1;
  }
  out[at.clipped] = clipped;
  out[at.elements] = count;
  if (count > 0) out[at.clippedWorst] = clipped / count;
  if (clipped > 0) out[at.clippedTensors] = 1;
  out[at.nonFinite] = row.nonFinite;
  out[at.bytesMoved] = row.bytesMoved;
  if (row.isStatic) out[at.bytesMovedStatically] = row.bytesMoved;
  out[at.bytesSaved] = row.bytesSaved;
};

/** Writes a signal-to-noise ratio to `out`, beside which the row says nothing. */
export const writeSqnr = (out: Float64Array, sqnr: number): void => {
  out.set(silent);
  out[at.sqnrLeast] = sqnr;
  out[at.sqnrGreatest] = sqnr;
  out[at.sqnrSum] = sqnr;
  out[at.sqnrs] = 1;
};
