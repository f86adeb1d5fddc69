import { type Box, boxArea } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { exp } from "../../core/elementary/exp.ts";
import { square } from "../../core/square.ts";
import { centerStride } from "./centerOutput.ts";

/** Number of cells in height and width, and number of classes, of a heatmap. */
export interface HeatmapShape {
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

/** The cell that contains the centre of a box. */
export interface Center {
  readonly row: number;
  readonly column: number;
  readonly box: Box;
}

/** Ground truth of an image on the cells of an output. */
export interface CenterTruth {
  /** Heatmap [height, width, classes], 1 at centres. */
  readonly heat: Float64Array;
  /** Number of (cell, class) entries with heat 1. */
  readonly hottest: number;
  /** One box for each cell that contains a centre, in the order of the first box there. */
  readonly centers: readonly Center[];
}

/** Fraction of a box's sides that its Gaussian covers. */
const covered = 0.54;

/** Half size in cells of the Gaussian along a side of `pixels`, and 1 / (2 sigma^2), where sigma is a sixth of the Gaussian's size. */
const spreadAlong = (pixels: number): { readonly radius: number; readonly sharpness: number } => {
  const radius = Math.floor((covered * pixels) / centerStride / 2);
  return { radius, sharpness: 18 / square(2 * radius + 1) };
};

/**
 * The heatmap of an image, and the box to predict in each cell that contains a centre.
 *
 *     heat[row, column, class] = greatest over boxes of the class of exp(-(column - cx)^2 / (2 sx^2) - (row - cy)^2 / (2 sy^2))
 *
 * where (cx, cy) is the cell of the centre. The Gaussian is elliptic as the box, covers 0.54 of its sides, and is 0 outside, as in
 * TTFNet. If two boxes have their centre in one cell, the smaller is predicted; of equal ones, the first.
 *
 * @see Liu et al. 2020 (TTFNet), arXiv:1909.00700, section 3.2
 */
export const centerHeatmap = (
  boxes: readonly LabelledBox[],
  { height, width, classes }: HeatmapShape,
): CenterTruth => {
  const heat = new Float64Array(height * width * classes);
  const hottest = new Set<number>();
  const centers = new Map<number, Center>();
  for (const { label, box } of boxes) {
    const [x0, y0, x1, y1] = box;
    const column = Math.min(Math.floor((x0 + x1) / 2 / centerStride), width - 1);
    const row = Math.min(Math.floor((y0 + y1) / 2 / centerStride), height - 1);
    const [along, down] = [spreadAlong(x1 - x0), spreadAlong(y1 - y0)];
    for (let r = Math.max(row - down.radius, 0); r <= Math.min(row + down.radius, height - 1); r++)
      for (let c = Math.max(column - along.radius, 0); c <= Math.min(column + along.radius, width - 1); c++) {
        const at = (r * width + c) * classes + label;
        const here = exp(-along.sharpness * square(c - column) - down.sharpness * square(r - row));
        heat[at] = Math.max(heat[at] as number, here);
      }
    const cell = row * width + column;
    hottest.add(cell * classes + label);
    const other = centers.get(cell);
    if (other === undefined || boxArea(box) < boxArea(other.box)) centers.set(cell, { row, column, box });
  }
  return { heat, hottest: hottest.size, centers: [...centers.values()] };
};
