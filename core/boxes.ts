/**
 * @file Boxes: axis-aligned rectangles on an image, in pixels, as [x0, y0, x1, y1].
 *
 * x points right and y down. A box is half-open: it includes x0 and excludes x1, so its width is x1 - x0, and the box
 * of the single pixel in the upper left corner is [0, 0, 1, 1]. This is torchvision's "xyxy"; COCO's "xywh" has width
 * and height instead of the second corner.
 */

/** Corners [x0, y0, x1, y1] of a rectangle in pixels of its image, x to the right, y down; half-open. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/**
 * Area of a box in square pixels; 0 if it is empty, inverted, or contains NaN.
 *
 * @example
 * boxArea([2, 1, 5, 3]); // 6
 */
export const boxArea = ([x0, y0, x1, y1]: Box): number => (x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0);

/** The intersection of two boxes; its area is 0 if they do not overlap. */
export const intersection = (a: Box, b: Box): Box => [
  Math.max(a[0], b[0]),
  Math.max(a[1], b[1]),
  Math.min(a[2], b[2]),
  Math.min(a[3], b[3]),
];

/**
 * Intersection over union of two boxes (the Jaccard index), from 0 to 1. 0 if either box is empty; never NaN.
 *
 * @example
 * intersectionOverUnion([0, 0, 2, 2], [1, 0, 3, 2]); // 0.3333333333333333
 */
export const intersectionOverUnion = (a: Box, b: Box): number => {
  const common = boxArea(intersection(a, b));
  const union = boxArea(a) + boxArea(b) - common;
  return common > 0 && union < Number.POSITIVE_INFINITY ? common / union : 0;
};

/**
 * A box clipped to an image; its area is 0 if no part of it is on the image.
 *
 * @example
 * clippedBox([-3, 2, 5, 20], { height: 16, width: 16 }); // [0, 2, 5, 16]
 */
export const clippedBox = (
  box: Box,
  { height, width }: { readonly height: number; readonly width: number },
): Box => {
  const [x0, y0, x1, y1] = box;
  const within = (x: number, most: number): number => Math.min(Math.max(x, 0), most);
  return [within(x0, width), within(y0, height), within(x1, width), within(y1, height)];
};
