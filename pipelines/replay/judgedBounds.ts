/**
 * @file How well a range fits a tensor, where both are known within bounds only: the least and the greatest error that there can be.
 *
 * Ends of tensors and ranges lie anywhere between those of an inner and an outer interval, each by itself. What is found holds for all of
 * them, and is reached at some, unless range and tensor depend on each other.
 */
import { withZero } from "../../core/range.ts";
import type { ClipBounds, Within } from "./clips.ts";

/** What is known of a judgement: bounds of the error, whether it clips for sure, and whether it may. */
export interface JudgementBounds {
  readonly error: readonly [least: number, most: number];
  readonly surelyClips: boolean;
  readonly mayClip: boolean;
}

/** Magnitudes of one end: from the inner to the outer one. */
type Reach = readonly [near: number, far: number];

const below = ({ inner, outer }: Within): Reach => [-withZero(inner).lo, -withZero(outer).lo];
const above = ({ inner, outer }: Within): Reach => [withZero(inner).hi, withZero(outer).hi];

/** Parts of one side of 0 that two intervals have in common, and that they take together. */
interface Side {
  readonly common: number;
  readonly together: number;
}

/** Where two reaches come as near to each other as they can. */
const nearest = ([near, far]: Reach, [otherNear, otherFar]: Reach): Side => {
  const common = Math.min(far, otherFar);
  return { common, together: Math.max(common, near, otherNear) };
};

/** Where they are farthest apart, either way round. */
const farthest = ([near, far]: Reach, [otherNear, otherFar]: Reach): readonly Side[] =>
  [
    [near, otherFar],
    [otherNear, far],
  ].map((ends) => ({ common: Math.min(...ends), together: Math.max(...ends) }));

const errorOf = (a: Side, b: Side): number => {
  const together = a.together + b.together;
  return together > 0 ? (a.together - a.common + (b.together - b.common)) / together : 0;
};

/**
 * Bounds of the error of a range (`rangeError`). With parts i in common and u together on each side of 0 it is 1 - (i1 + i2) / (u1 + u2), which
 * grows with u and falls with i: it is least where both ends come together as far out as they can, and greatest at corners.
 */
const errorBounds = (tensor: Within, range: Within): readonly [least: number, most: number] => {
  const [lower, upper] = [
    [below(tensor), below(range)],
    [above(tensor), above(range)],
  ] as const;
  const corners = farthest(...lower).flatMap((a) => farthest(...upper).map((b) => errorOf(a, b)));
  return [errorOf(nearest(...lower), nearest(...upper)), Math.max(...corners)];
};

/** Bounds of a judgement of a range at one site. */
export const judgementBounds = (clips: ClipBounds, tensor: Within, range: Within): JudgementBounds => ({
  error: errorBounds(tensor, range),
  ...clips(tensor, range),
});
