/** @file Whether a range clips a tensor with known min and max, with a tolerance in steps of the grid. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { codedRange } from "../../core/qparams.ts";
import { type Range, width, withZero } from "../../core/range.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { SiteGrid } from "../../core/siteFacts.ts";
import { schemeFor } from "../../quantizers/quantizer.ts";

/** Elements up to half a step beyond the outer levels round to them as well as any other element rounds. */
export const defaultTolerance = 0.5;

/** Whether the range [lo, hi] clips a tensor from min to max; both include 0. Takes numbers, because objects would be garbage. */
export type Clips = (min: number, max: number, lo: number, hi: number) => boolean;

const clipsOf = (scheme: Scheme, bits: number, tolerance: number): Clips => {
  const coded = codedRange(scheme, bits, tolerance);
  const steps = 2 ** bits - 1;
  // The bounds of an affine grid are within half a step of those of its range. The grid itself matters only in between.
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

/** Intervals between which another one lies. */
export interface Within {
  readonly inner: Range;
  readonly outer: Range;
}

/** Whether a range certainly clips a tensor, and whether it may, if both are known only within bounds. */
export type ClipBounds = (
  tensor: Within,
  range: Within,
) => { readonly surelyClips: boolean; readonly mayClip: boolean };

const sameEnds = ({ inner, outer }: Within): boolean => inner.lo === outer.lo && inner.hi === outer.hi;

/** How far a tensor reaches beyond a range, on the side where it reaches farther; below 0 if it lies within. */
const beyondOf = (tensor: Range, range: Range): number =>
  Math.max(withZero(range).lo - withZero(tensor).lo, withZero(tensor).hi - withZero(range).hi);

/** The grid of a site. If its row does not state it, the default 8-bit grid of its role. */
const gridAt = ({ role, stat: { facts } }: RangeSeen): SiteGrid =>
  facts ?? { scheme: schemeFor(role), bits: 8 };

/**
 * Whether the grid of a site clips.
 *
 * @param tolerance steps that a tensor may reach beyond the outer levels
 */
export const clipsAt = (row: RangeSeen, tolerance: number): Clips => {
  const { scheme, bits } = gridAt(row);
  return clipsOf(scheme, bits, tolerance);
};

/**
 * Bounds on what the grid of a site clips. An affine grid may be half a step off its range, and a wider range may be off differently from
 * a narrower one.
 */
export const clipBoundsAt = (row: RangeSeen, tolerance: number): ClipBounds => {
  const { scheme, bits } = gridAt(row);
  const clips = clipsAt(row, tolerance);
  const exactly = (tensor: Range, range: Range): boolean => {
    const [{ lo: min, hi: max }, { lo, hi }] = [withZero(tensor), withZero(range)];
    return clips(min, max, lo, hi);
  };
  const steps = 2 ** bits - 1;
  // A grid covers its range except for half a step, and all of it with half a step of tolerance.
  const spare = tolerance < 0.5 ? tolerance - 0.51 : Math.max(0, tolerance - 0.51);
  return (tensor, range) => {
    if (sameEnds(range) || scheme !== "affine")
      return {
        surelyClips: exactly(tensor.inner, range.outer),
        mayClip: exactly(tensor.outer, range.inner),
      };
    const [narrowest, widest] = [width(withZero(range.inner)), width(withZero(range.outer))];
    return {
      surelyClips: beyondOf(tensor.inner, range.outer) * steps > (tolerance + 0.51) * widest,
      mayClip: beyondOf(tensor.outer, range.inner) * steps > spare * (spare < 0 ? widest : narrowest),
    };
  };
};

/**
 * Refuses an invalid tolerance.
 *
 * @throws `RangeflowFailure`
 */
export const checkTolerance = (where: string, tolerance: number, found = String(tolerance)): void => {
  if (tolerance >= 0 && Number.isFinite(tolerance)) return;
  throw new RangeflowFailure(
    problem(where, found, "a number of steps of the grid, 0 or more", `the default is ${defaultTolerance}`),
  );
};
