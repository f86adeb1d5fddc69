/** @file Tensors as rows, one per sample, and the rounding of a row on a grid between its extremes. */
import { roundHalfEvenSmall } from "../../core/rounding.ts";
import type { Projecting } from "./projection.ts";

/** Number of elements per row. */
export const rowLength = ({ shape }: Pick<Projecting, "shape">): number =>
  shape.slice(1).reduce((size, side) => size * side, 1);

/** The smallest and the largest of x[first] .. x[end - 1]. */
export const extremesOf = (
  x: Float32Array,
  first: number,
  end: number,
): readonly [lo: number, hi: number] => {
  let [lo, hi] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = first; i < end; i++) {
    const v = x[i] as number;
    if (v < lo) lo = v;
    if (v > hi) hi = v;
  }
  return [lo, hi];
};

/**
 * Rounds a row in place on the grid of `steps` steps between its extremes. A constant row is unchanged.
 *
 * @param noises of all elements of x; without them, rounding is to nearest
 */
export const roundRow = (
  x: Float32Array,
  first: number,
  end: number,
  steps: number,
  noises: Float32Array | undefined,
): void => {
  const [lo, hi] = extremesOf(x, first, end);
  if (!(hi > lo)) return;
  const scale = steps / (hi - lo);
  const step = (hi - lo) / steps;
  for (let i = first; i < end; i++) {
    const place = ((x[i] as number) - lo) * scale + (noises ? (noises[i] as number) : 0);
    const code = roundHalfEvenSmall(Math.min(Math.max(place, 0), steps));
    // The maximum itself, without the rounding error of computing it.
    x[i] = code === steps ? hi : lo + code * step;
  }
};
