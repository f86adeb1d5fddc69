import type { Box } from "../../core/boxes.ts";
import { square } from "../../core/square.ts";

/** Keeps quotients of areas finite, as in torchvision. */
const epsilon = 1e-7;

/** Fraction of a gradient that the larger of two numbers gets: all of it, or half if they are equal, as in autograd. */
const shareOfLarger = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);

/** Loss of a box, and its gradient with respect to the four corners. */
export interface BoxLoss {
  readonly loss: number;
  readonly gradient: Box;
}

/**
 * 1 - generalized IoU of a box and the true box: 0 for equal boxes, up to 2 for distant ones, with a gradient that still pulls them
 * together.
 *
 *     loss = 1 - [ I / (U + e) - (C - U) / (C + e) ],   e = 1e-7
 *
 * where I is the area of the intersection, U of the union, and C of the smallest box around both. Equal to torchvision's
 * `generalized_box_iou_loss`, in float64.
 *
 * If one box is inside the other, only its size gets a gradient, because the overlap does not depend on its position.
 *
 * @see Rezatofighi et al. 2019, arXiv:1902.09630
 * @example
 * import { generalizedIouLoss } from "rangeflow/operators";
 *
 * generalizedIouLoss([0, 0, 4, 4], [4, 0, 8, 4]).loss.toFixed(3); // "1.000"
 */
export const generalizedIouLoss = (box: Box, truth: Box): BoxLoss => {
  const [x0, y0, x1, y1] = box;
  const [u0, v0, u1, v1] = truth;
  const [width, height] = [x1 - x0, y1 - y0];
  const shared = { width: Math.min(x1, u1) - Math.max(x0, u0), height: Math.min(y1, v1) - Math.max(y0, v0) };
  const around = { width: Math.max(x1, u1) - Math.min(x0, u0), height: Math.max(y1, v1) - Math.min(y0, v0) };
  const overlap = shared.width > 0 && shared.height > 0;
  const intersection = overlap ? shared.width * shared.height : 0;
  const union = width * height + (u1 - u0) * (v1 - v0) - intersection;
  const hull = around.width * around.height;
  const loss = 1 - (intersection / (union + epsilon) - (hull - union) / (hull + epsilon));

  // Derivatives of the loss with respect to the three areas, then of the areas with respect to the corners.
  const byIntersection = overlap ? -1 / (union + epsilon) : 0;
  const byUnion = intersection / square(union + epsilon) - 1 / (hull + epsilon);
  const byHull = (union + epsilon) / square(hull + epsilon);
  const byShared = byIntersection - (overlap ? byUnion : 0);
  const byCorner = (
    [isEnd, corner, other]: readonly [boolean, number, number],
    ownAcross: number,
    sharedAcross: number,
    aroundAcross: number,
  ): number => {
    const sign = isEnd ? 1 : -1;
    const outer = isEnd ? shareOfLarger(corner, other) : shareOfLarger(other, corner);
    return (
      sign * (byUnion * ownAcross + byShared * sharedAcross * (1 - outer) + byHull * aroundAcross * outer)
    );
  };
  const alongX = [height, shared.height, around.height] as const;
  const alongY = [width, shared.width, around.width] as const;
  return {
    loss,
    gradient: [
      byCorner([false, x0, u0], ...alongX),
      byCorner([false, y0, v0], ...alongY),
      byCorner([true, x1, u1], ...alongX),
      byCorner([true, y1, v1], ...alongY),
    ],
  };
};
