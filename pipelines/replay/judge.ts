/** @file Evaluates a range against a recorded tensor: its error, and whether it clips. */
import type { Rounding } from "../../core/quantizationError.ts";
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { clipsAt, defaultTolerance } from "./clips.ts";
import { type Fit, fitsByRow } from "./histogramFit.ts";
import { rangeError } from "./rangeError.ts";
import { isPrinted, printedEnds } from "./statBounds.ts";

/** Evaluation of a range against one tensor. */
export interface Judgement {
  /** Error of the range, from 0 to 1: 1 - intersection / union of range and tensor (`rangeError`). */
  readonly error: number;
  /**
   * Whether the tensor exceeds the outer levels of its grid by more than the tolerance. On non-uniform levels with a recorded histogram,
   * whether any element is clipped.
   */
  readonly clipped: boolean;
  /** Fit according to the recorded histogram; undefined without one that applies. */
  readonly fit: Fit | undefined;
  /** Why the recorded histogram does not apply; undefined if it does, or if there is none. */
  readonly unfit: string | undefined;
}

/** Histograms do not apply to tensors whose min and max were printed with a few digits: their ranges are known only within bounds. */
const printed = { unfit: "ranges are known within bounds only" } as const;

/** Evaluates ranges at one site. */
export type Judge = (row: RangeSeen, range: Range) => Judgement;

/**
 * Makes a function that evaluates ranges at a site, given the site's first row.
 *
 * @param tolerance number of grid steps that a tensor may exceed the outer levels by before it counts as clipped. Default: 0.5
 * @param rounding how fits of histograms round. Default: to nearest
 * @example not run: it reads a run
 * const judgeAt = judges(0.5);
 * for (const row of readRecording("runs/mine/ranges").rows()) console.log(row.site, judgeAt(row)(row, row.range).error);
 */
export const judges = (
  tolerance = defaultTolerance,
  rounding: Rounding = "nearest",
): ((first: RangeSeen) => Judge) => {
  const fitOf = fitsByRow(rounding);
  return (first) => {
    const clips = clipsAt(first, tolerance);
    return (row, range) => {
      const [min, max] = [Math.min(row.stat.min, 0), Math.max(row.stat.max, 0)];
      const [lo, hi] = [Math.min(range.lo, 0), Math.max(range.hi, 0)];
      const fitted = row.histogram && row.foreign && isPrinted(printedEnds(row)) ? printed : fitOf(row);
      const fit = fitted && "fit" in fitted ? fitted.fit(range) : undefined;
      const hasSteps = row.stat.facts?.projection === undefined;
      return {
        error: rangeError(min, max, lo, hi),
        clipped: fit && !hasSteps ? fit.clipped > 0 : clips(min, max, lo, hi),
        fit,
        unfit: fitted && "unfit" in fitted ? fitted.unfit : undefined,
      };
    };
  };
};
