/** @file A row of a recording as numbers to fold, in the order of a site's columns. */
import { emptyRow, places } from "./buckets.ts";
import { type RangeOfTensor, writeRange, writeRatio } from "./rangeRow.ts";
import { siteFolds } from "./runView.ts";

/** Numbers of one row of a recording. */
export interface SiteRow extends RangeOfTensor {
  readonly step: number;
  readonly observed: boolean;
  readonly count: number;
  readonly nonFinite: number;
  readonly clipped: number;
  readonly bytesMoved: number;
  readonly bytesSaved: number;
}

const at = places(siteFolds);
const silent = emptyRow(siteFolds);

/** Writes a row of a recording to `out`, one number for each column of a site. */
export const writeRow = (out: Float64Array, row: SiteRow): void => {
  const { observed, min, max, count, clipped } = row;
  out.set(silent);
  writeRange(out, at, row, observed);
  if (observed) {
    out[at.min] = min;
    out[at.max] = max;
  } else out[at.faults] = 1;
  out[at.clipped] = clipped;
  out[at.elements] = count;
  if (count > 0) out[at.clippedWorst] = clipped / count;
  if (clipped > 0) out[at.clippedTensors] = 1;
  out[at.nonFinite] = row.nonFinite;
  out[at.bytesMoved] = row.bytesMoved;
  if (row.isStatic) out[at.bytesMovedStatically] = row.bytesMoved;
  out[at.bytesSaved] = row.bytesSaved;
};

/** Writes only a signal-to-noise ratio to `out`. */
export const writeSqnr = (out: Float64Array, sqnr: number): void => {
  out.set(silent);
  writeRatio(out, at, sqnr);
};
