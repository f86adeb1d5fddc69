/**
 * @file Output of a detector that is anchored at centres: [N, H / 4, W / 4, classes + 4], one cell for each 4x4 pixels of the image.
 *
 * A cell has a logit for each class, that the centre of such an object lies in it, and four numbers (tw, th, tx, ty) of the box:
 *
 *     width = 16 exp(tw),  height = 16 exp(th),  centre = (4 (column + 1/2 + tx), 4 (row + 1/2 + ty)),   in pixels
 *
 * so an output of zeros is a box of 16x16 in the middle of its cell. CenterNet regresses width and height themselves, and the centre from the corner
 * of its cell; the exponential, which keeps sizes positive and steps relative to them, is that of YOLOv2 (Redmon and Farhadi 2017, arXiv:1612.08242).
 */
import type { Box } from "../../core/boxes.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";

/** Pixels of the image for each cell of the output, in both directions. */
export const centerStride = 4;

/** Channels behind those of the classes: logarithms of width and height, and the two offsets of the centre. */
export const boxChannels = 4;

/** Sides of the box that logarithms of 0 stand for, in pixels. */
const baseSide = 16;

/** Logarithms of sides are clipped there, as torchvision clips them, so that no side is infinite. */
const mostLogSide = Math.log(1000 / 16);

/** Number of classes of an output [.., H, W, C]. */
export const classesOf = (output: Shape): number => (output.at(-1) as number) - boxChannels;

/** Why no output [.., H, W, C] of an image is that of a detector; nothing if it may be. */
export const centerOutputProblem = (where: string, shape: Shape): Problem | undefined =>
  shape[0] === 0 || classesOf(shape) < 1
    ? problem(
        where,
        `an output of ${shapeText(shape)}`,
        "H / 4 x W / 4 x (classes + 4)",
        "end the network as centerDetector does",
      )
    : undefined;

/** A side from its logarithm, and the derivative. */
export const sideOf = (log: number): { readonly side: number; readonly slope: number } => {
  const side = baseSide * Math.exp(Math.min(log, mostLogSide));
  return { side, slope: log > mostLogSide ? 0 : side };
};

/**
 * The box that a cell tells, in pixels of the image, which it may leave.
 *
 * @param values an output, whose four numbers of the box begin at `at`
 */
export const boxOfCell = (values: ArrayLike<number>, at: number, row: number, column: number): Box => {
  const [width, height] = [sideOf(values[at] as number).side, sideOf(values[at + 1] as number).side];
  const x = centerStride * (column + 0.5 + (values[at + 2] as number));
  const y = centerStride * (row + 0.5 + (values[at + 3] as number));
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
};
