/** @file Columns of tables of how well ranges fit, the same in a terminal and in a page. */
import { percent } from "../text/numbers.ts";
import type { Bounds, ReplayRow } from "./tally.ts";

/** What a row says, of a site or of a role. */
export type ReplayNumbers = Omit<
  ReplayRow,
  "site" | "role" | "estimator" | "unfit" | "lost" | "sqnrStaticShare"
>;

const numberHeads = ["steps", "static", "steps clipped", "mean error", "p95 error"];

/** A share, with a star if it was computed from printed numbers without bounds; or its bounds: `1.2 to 3.4 %`. */
const shareText = (share: number, bounds: Bounds | undefined, isUnbounded: boolean): string => {
  if (bounds === undefined) return `${percent(share, 1)}${isUnbounded ? " *" : ""}`;
  const [least, most] = bounds.map((bound) => percent(bound, 1));
  return least === most ? `${least}` : `${least?.replace(" %", "")} to ${most}`;
};

const numbers = (row: ReplayNumbers): readonly string[] => {
  const { bounds } = row;
  const isUnbounded = row.unbounded !== undefined;
  return [
    row.among === undefined ? String(row.steps) : `${row.steps} of ${row.among}`,
    percent(row.staticShare, 1),
    shareText(row.clippedSteps, bounds?.clippedSteps, isUnbounded),
    shareText(row.meanError, bounds?.meanError, isUnbounded),
    shareText(row.p95Error, bounds?.p95Error, isUnbounded),
  ];
};

/** Titles of columns, and what they show of a row. */
export interface ReplayColumns {
  readonly heads: readonly string[];
  readonly cells: (row: ReplayNumbers) => readonly string[];
}

const fitColumns = (rows: readonly ReplayNumbers[]): ReplayColumns => {
  if (rows.every(({ sqnr }) => sqnr === undefined)) return { heads: [], cells: () => [] };
  const isPartial = rows.some(({ steps, sqnrSteps }) => sqnrSteps !== undefined && sqnrSteps < steps);
  const isLossless = rows.some(({ losslessSteps }) => losslessSteps !== undefined);
  const heads = [
    ...(isPartial ? ["SQNR steps"] : []),
    ...(isLossless ? ["lossless"] : []),
    ...["SQNR dB", "clipped"],
  ];
  return {
    heads,
    cells: ({ sqnr, clippedShare, sqnrSteps, losslessSteps = 0 }) =>
      sqnr === undefined || clippedShare === undefined
        ? heads.map(() => "")
        : [
            ...(isPartial ? [String(sqnrSteps)] : []),
            ...(isLossless ? [String(losslessSteps)] : []),
            ...[sqnr.toFixed(1), percent(clippedShare, 3)],
          ],
  };
};

/**
 * Columns of the numbers of these rows. Those computed from histograms are there if a row has any; so are the numbers of steps with
 * histograms and of steps without loss, if they say more than the number of steps.
 */
export const replayColumns = (rows: readonly ReplayNumbers[]): ReplayColumns => {
  const fits = fitColumns(rows);
  return {
    heads: [...numberHeads, ...fits.heads],
    cells: (row) => [...numbers(row), ...fits.cells(row)],
  };
};
