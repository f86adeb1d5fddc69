/**
 * @file Evaluates ranges and tensors that are known only within bounds: the smallest and the largest possible error.
 *
 * The bounds of tensors and ranges lie anywhere between those of an inner and an outer interval, independently of each other. The results
 * hold for all of them and are attained, unless range and tensor depend on each other.
 */
import { withZero } from "../../core/range.ts";
import type { ClipBounds, Within } from "./clips.ts";

/** Bounds on an evaluation: of the error, whether the range certainly clips, and whether it may. */
export interface JudgementBounds {
  readonly error: readonly [least: number, most: number];
  readonly surelyClips: boolean;
  readonly mayClip: boolean;
}

/** Magnitudes of one end: from the inner to the outer one. */
type Reach = readonly [near: number, far: number];

const below = ({ inner, outer }: Within): Reach => [-withZero(inner).lo, -withZero(outer).lo];
const above = ({ inner, outer }: Within): Reach => [withZero(inner).hi, withZero(outer).hi];

/** Lengths of the intersection and the union of two intervals on one side of 0. */
interface Side {
  readonly common: number;
  readonly together: number;
}

/** The two reaches at their closest. */
const nearest = ([near, far]: Reach, [otherNear, otherFar]: Reach): Side => {
  const common = Math.min(far, otherFar);
  return { common, together: Math.max(common, near, otherNear) };
};

/** The two reaches at their farthest, either way round. */
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
 * Bounds of the error of a range (`rangeError`). With intersections i and unions u on each side of 0, the error is 1 - (i1 + i2) / (u1 +
 * u2), which increases with u and decreases with i. It is smallest where both ends meet as far out as possible, and largest at corners.
 */
const errorBounds = (tensor: Within, range: Within): readonly [least: number, most: number] => {
  const [lower, upper] = [
    [below(tensor), below(range)],
    [above(tensor), above(range)],
  ] as const;
  const corners = farthest(...lower).flatMap((a) => farthest(...upper).map((b) => errorOf(a, b)));
  return [errorOf(nearest(...lower), nearest(...upper)), Math.max(...corners)];
};

/** Bounds on the evaluation of a range at one site. */
export const judgementBounds = (clips: ClipBounds, tensor: Within, range: Within): JudgementBounds => ({
  error: errorBounds(tensor, range),
  ...clips(tensor, range),
});
