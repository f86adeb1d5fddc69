/** @file Whether a range clips a tensor whose ends are known, judged with a tolerance in steps of the grid. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { codedRange } from "../../core/qparams.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { RangeSeen } from "../../core/signal.ts";

/** Steps of a grid beyond its outer levels that round to them as well as any other element rounds. */
export const defaultTolerance = 0.5;

/** Whether the range [lo, hi] clips something of a tensor from min to max, 0 included in both; numbers, since objects would be garbage. */
export type Clips = (min: number, max: number, lo: number, hi: number) => boolean;

const clipsOf = (scheme: Scheme, bits: number, tolerance: number): Clips => {
  const coded = codedRange(scheme, bits, tolerance);
  const steps = 2 ** bits - 1;
  // The ends of an affine grid lie within half a step of those of its range, and only there does the grid itself matter.
  const [surelyKept, surelyClipped] = [tolerance - 0.5, tolerance + 0.51];
  return (min, max, lo, hi) => {
    if (scheme === "affine") {
      const beyond = Math.max(lo - min, max - hi) * steps;
      if (beyond <= (surelyKept < 0 ? surelyKept - 0.01 : 0) * (hi - lo)) return false;
      if (beyond > surelyClipped * (hi - lo)) return true;
    }
    const kept = coded({ lo, hi });
    return min < kept.lo || max > kept.hi;
  };
};

/**
 * Whether the grid of a site clips; that of 8 bits where its row does not say how many the site has.
 *
 * @param tolerance steps that a tensor may reach beyond the outer levels
 */
export const clipsAt = ({ stat: { facts } }: RangeSeen, tolerance: number): Clips =>
  clipsOf(facts?.scheme ?? "affine", facts?.bits ?? 8, tolerance);

/**
 * Refuses what is no tolerance.
 *
 * @throws `RangeflowFailure`
 */
export const checkTolerance = (where: string, tolerance: number, found = String(tolerance)): void => {
  if (tolerance >= 0 && Number.isFinite(tolerance)) return;
  throw new RangeflowFailure(
    problem(where, found, "a number of steps of the grid, 0 or more", `the default is ${defaultTolerance}`),
  );
};
