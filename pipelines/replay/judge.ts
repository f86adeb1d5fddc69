/** @file What a range would have made of a recorded tensor: how far off it is, and whether it clips. */
import type { Range } from "../../core/range.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { clipsAt, defaultTolerance } from "./clips.ts";
import { type Fit, fitsByRow } from "./histogramFit.ts";
import { rangeError } from "./rangeError.ts";
import { isPrinted, printedEnds } from "./statBounds.ts";

export interface Judgement {
  /** Share of the interval of range and tensor together that one of them takes alone, from 0 to 1 (`rangeError`). */
  readonly error: number;
  /**
   * Whether the tensor reaches beyond the outer levels of its grid by more than the tolerance; on levels that have no steps, where a
   * histogram was recorded, whether any element is clipped.
   */
  readonly clipped: boolean;
  /** What the recorded histogram tells, if there is one that can. */
  readonly fit: Fit | undefined;
  /** Why the recorded histogram cannot tell, if there is one. */
  readonly unfit: string | undefined;
}

/** A histogram of a tensor whose ends were printed with a few digits, where ranges are known within bounds only, tells nothing. */
const printed = { unfit: "ranges are known within bounds only" } as const;

/** Judge of ranges at one site. */
export type Judge = (row: RangeSeen, range: Range) => Judgement;

/**
 * Makes judges of ranges, one for each site, given its first row.
 *
 * @param tolerance steps of the grid that a tensor may reach beyond its outer levels
 * @example not run: it reads a run
 * const judgeAt = judges(0.5);
 * for (const row of readRecording("runs/mine/ranges").rows()) console.log(row.site, judgeAt(row)(row, row.range).error);
 */
export const judges = (tolerance = defaultTolerance): ((first: RangeSeen) => Judge) => {
  const fitOf = fitsByRow();
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
