/**
 * @file Output of a centre-based detector: [N, H / 4, W / 4, classes + 4], one cell for each 4x4 pixels of the image.
 *
 * A cell has a logit for each class (that it contains the centre of an object of the class), and four numbers (tw, th, tx, ty) of
 * the box:
 *
 *     width = 16 exp(tw),  height = 16 exp(th),  centre = (4 (column + 1/2 + tx), 4 (row + 1/2 + ty)),   in pixels
 *
 * so a zero output is a box of 16x16 pixels in the middle of its cell. CenterNet regresses width and height directly, and the
 * centre from the corner of its cell. The exponential, which keeps sizes positive and steps relative to them, is that of YOLOv2
 * (Redmon and Farhadi 2017, arXiv:1612.08242).
 */
import type { Box } from "../../core/boxes.ts";
import { exp } from "../../core/elementary/exp.ts";
import { log } from "../../core/elementary/log.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";

/** Pixels of the image per cell of the output, in both directions. */
export const centerStride = 4;

/** Number of channels behind the class logits: logarithms of width and height, and two offsets of the centre. */
export const boxChannels = 4;

/** Side in pixels of a box with logarithms of 0. */
const baseSide = 16;

/** Upper limit of the logarithms of sides, as in torchvision, so that no side is infinite. */
const mostLogSide = log(1000 / 16);

/** Number of classes of an output [.., H, W, C]. */
export const classesOf = (output: Shape): number => (output.at(-1) as number) - boxChannels;

/** Why an output [.., H, W, C] is not that of a detector; `undefined` if it may be. */
export const centerOutputProblem = (where: string, shape: Shape): Problem | undefined =>
  shape[0] === 0 || classesOf(shape) < 1
    ? problem(
        where,
        `an output of ${shapeText(shape)}`,
        "H / 4 x W / 4 x (classes + 4)",
        "end the network as centerDetector does",
      )
    : undefined;

/** A side in pixels from its logarithm, and the derivative. */
export const sideOf = (log: number): { readonly side: number; readonly slope: number } => {
  const side = baseSide * exp(Math.min(log, mostLogSide));
  return { side, slope: log > mostLogSide ? 0 : side };
};

/**
 * The box of a cell in pixels of the image; it may extend beyond the image.
 *
 * @param values an output
 * @param at index of the first of the cell's four box numbers
 */
export const boxOfCell = (values: ArrayLike<number>, at: number, row: number, column: number): Box => {
  const [width, height] = [sideOf(values[at] as number).side, sideOf(values[at + 1] as number).side];
  const x = centerStride * (column + 0.5 + (values[at + 2] as number));
  const y = centerStride * (row + 0.5 + (values[at + 3] as number));
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
};
