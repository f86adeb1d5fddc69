import { clippedBox } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { exp } from "../../core/elementary/exp.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import { boxOfCell, centerStride, classesOf } from "./centerOutput.ts";

/** A detected box. */
export interface Detection extends LabelledBox {
  /** Predicted probability, in [0, 1]. */
  readonly score: number;
}

/** Whether no neighbour of a cell has a greater logit of the same class. */
const isPeak = (
  logits: Float32Array,
  at: number,
  depth: number,
  { row, column, height, width }: Readonly<Record<"row" | "column" | "height" | "width", number>>,
): boolean => {
  const own = logits[at] as number;
  for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, height - 1); r++)
    for (let c = Math.max(column - 1, 0); c <= Math.min(column + 1, width - 1); c++)
      if (!((logits[at + ((r - row) * width + c - column) * depth] as number) <= own)) return false;
  return true;
};

/**
 * Detections of image `n` in an output [N, H / 4, W / 4, classes + 4]: the peaks of each class among their 3x3 neighbours, clipped
 * to the image, by descending score (equal ones row by row). There is no other suppression.
 *
 * @param most maximum number of detections. Default: 100, as in the paper.
 * @see Zhou et al. 2019, arXiv:1904.07850, section 3
 * @example
 * import { decodeCenters } from "rangeflow/operators";
 * import { tensor } from "rangeflow/core";
 *
 * // One cell and one class: a logit of 0, then the logarithms of both sides divided by 16, and the offsets of the centre.
 * const found = decodeCenters(tensor(Float32Array.of(0, Math.log(1 / 8), Math.log(1 / 8), 0, 0), [1, 1, 1, 5]), 0);
 * found.map(({ score }) => score); // [0.5]
 */
export const decodeCenters = (output: HostTensor, n: number, most = 100): readonly Detection[] => {
  const [, height, width, depth] = output.shape as [number, number, number, number];
  const classes = classesOf(output.shape);
  const values = elements(output).subarray(n * height * width * depth, (n + 1) * height * width * depth);
  const peaks: { readonly logit: number; readonly label: number; readonly cell: number }[] = [];
  for (let cell = 0; cell < height * width; cell++)
    for (let label = 0; label < classes; label++) {
      const [row, column] = [Math.floor(cell / width), cell % width];
      const at = cell * depth + label;
      if (isPeak(values, at, depth, { row, column, height, width }))
        peaks.push({ logit: values[at] as number, label, cell });
    }
  const size = { height: centerStride * height, width: centerStride * width };
  return peaks
    .sort((a, b) => b.logit - a.logit)
    .slice(0, most)
    .map(({ logit, label, cell }) => ({
      label,
      score: 1 / (1 + exp(-logit)),
      box: clippedBox(
        boxOfCell(values, cell * depth + classes, Math.floor(cell / width), cell % width),
        size,
      ),
    }));
};
