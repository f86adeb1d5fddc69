/** @file Output shapes of windows that slide over an image, checked once, when a network is built. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "./errors.ts";
import { type Shape, shapeText } from "./tensor.ts";

/** A window that slides over an NHWC image: kernel size, stride and zero padding, in pixels. */
export interface Window {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly padding: number;
}

/** A convolution: a window, the numbers of input and output channels, and the number of groups. */
export interface ConvShape extends Window {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

/** Number of window positions along one side: floor((side + 2 padding - kernel) / stride) + 1. */
export const positions = (side: number, kernel: number, { stride, padding }: Window): number =>
  Math.floor((side + 2 * padding - kernel) / stride) + 1;

/** Output shape [N, H', W', outChannels] for an input [N, H, W, C]. */
export const outputShape = ([n, h, w]: Shape, window: Window, outChannels: number): Shape => [
  n as number,
  positions(h as number, window.kernelHeight, window),
  positions(w as number, window.kernelWidth, window),
  outChannels,
];

/** 1 / area of a window in float32, by which means are multiplied instead of dividing. */
export const inverseArea = ({ kernelHeight, kernelWidth }: Window): number =>
  Math.fround(1 / (kernelHeight * kernelWidth));

/** [N, ceil(H / stride), ceil(W / stride), channels] for an input [N, H, W, C]. */
export const subsampled = ([n, h, w]: Shape, stride: number, channels: number): Shape => [
  n as number,
  Math.ceil((h as number) / stride),
  Math.ceil((w as number) / stride),
  channels,
];

/** Shape [O, KH, KW, I / groups] of a convolution's weights. */
export const weightShape = ({
  kernelHeight,
  kernelWidth,
  inChannels,
  outChannels,
  groups,
}: ConvShape): Shape => [outChannels, kernelHeight, kernelWidth, inChannels / groups];

/** Whether a number can be a size, such as a side or a stride. */
export const isPositiveInteger = (x: number): boolean => Number.isInteger(x) && x > 0;

/**
 * The window itself if its numbers are valid, it fits into a padded image [H, W, C], and no position lies entirely on
 * padding, where a maximum would be undefined; otherwise a problem.
 */
export const checkWindow =
  (where: string, image: Shape) =>
  <W extends Window>(window: W): E.Either<Problem, W> => {
    const { kernelHeight, kernelWidth, stride, padding } = window;
    const [h, w] = image as [number, number];
    if (![kernelHeight, kernelWidth, stride].every(isPositiveInteger))
      return E.left(
        problem(where, `kernel ${kernelHeight}x${kernelWidth}, stride ${stride}`, "positive integers"),
      );
    if (!Number.isInteger(padding) || padding < 0)
      return E.left(problem(where, `padding is ${padding}`, "an integer that is not negative"));
    if (kernelHeight > h + 2 * padding || kernelWidth > w + 2 * padding)
      return E.left(
        problem(
          where,
          `a kernel of ${kernelHeight}x${kernelWidth} over an image of ${shapeText(image)} padded by ${padding}`,
          "a kernel that fits into the image",
          "use a smaller kernel or more padding",
        ),
      );
    if (padding >= Math.min(kernelHeight, kernelWidth))
      return E.left(
        problem(
          where,
          `a kernel of ${kernelHeight}x${kernelWidth} and a padding of ${padding}, so that a window is padding only`,
          "less padding than the kernel is high and wide",
          "use less padding or a larger kernel",
        ),
      );
    return E.right(window);
  };

/** The largest number of groups, up to the given one, that divides both numbers of channels. */
const mostGroups = ({ inChannels, outChannels, groups }: ConvShape): number => {
  let fitting = Math.min(groups, inChannels, outChannels);
  while (inChannels % fitting !== 0 || outChannels % fitting !== 0) fitting--;
  return fitting;
};

/** The convolution itself if its window fits and `groups` divides both numbers of channels; otherwise a problem. */
export const checkConv =
  (where: string, image: Shape) =>
  (conv: ConvShape): E.Either<Problem, ConvShape> => {
    const { inChannels, outChannels, groups } = conv;
    if (![inChannels, outChannels, groups].every(isPositiveInteger))
      return E.left(
        problem(where, `${inChannels} to ${outChannels} channels in ${groups} groups`, "positive integers"),
      );
    if (inChannels % groups !== 0 || outChannels % groups !== 0)
      return E.left(
        problem(
          where,
          `${groups} groups for ${inChannels} input and ${outChannels} output channels`,
          "a number of groups that divides both",
          `${mostGroups(conv)} would fit`,
        ),
      );
    return checkWindow(where, image)(conv);
  };
