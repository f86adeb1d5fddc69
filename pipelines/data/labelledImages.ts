/** @file Labelled images in memory: the bytes on disk, and their statistics for normalization. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { square } from "../../core/square.ts";
import { shapeText } from "../../core/tensor.ts";

/** Images of one size with their classes. `images` has count * H * W * C bytes, NHWC; `labels` has one byte per image. */
export interface Split {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
}

/** Height, width and channels of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Labelled images in memory as bytes, with training and test split. */
export interface LabelledImages {
  readonly name: string;
  /** Class names; a label is an index into them. */
  readonly classes: readonly string[];
  readonly shape: ImageShape;
  readonly train: Split;
  readonly test: Split;
  /** Mean of each channel over the training split, of pixels in [0, 1]. */
  readonly mean: readonly number[];
  /** Standard deviation of each channel, in the same unit as `mean`; 1 for a constant channel, to allow division. */
  readonly std: readonly number[];
}

/** Number of bytes of one image. */
export const imageSize = ([height, width, channels]: ImageShape): number => height * width * channels;

/**
 * Mean and standard deviation of each channel, in units of 255.
 *
 *     mean = E[p] / 255,   std = sqrt(E[p^2] - E[p]^2) / 255
 *
 * Both sums are integers below 2^53, hence exact, for up to 10^11 pixels.
 */
export const moments = (
  images: Uint8Array,
  channels: number,
): { readonly mean: readonly number[]; readonly std: readonly number[] } => {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < images.length; i += channels)
    for (let c = 0; c < channels; c++) {
      const p = images[i + c]!;
      sums[c]! += p;
      squares[c]! += p * p;
    }
  const n = Math.max(images.length / channels, 1);
  return {
    mean: Array.from(sums, (sum) => sum / n / 255),
    std: Array.from(squares, (total, c) => Math.sqrt(total / n - square(sums[c]! / n)) / 255 || 1),
  };
};

/** Labelled images from two splits, with the statistics of the training images. */
export const labelledImages = (parts: Omit<LabelledImages, "mean" | "std">): LabelledImages => ({
  ...parts,
  ...moments(parts.train.images, parts.shape[2]),
});

/** The first `count` images of a split, or all of them if there are fewer. Shares the bytes. */
const firstOf = (split: Split, size: number, count: number): Split => {
  const kept = Math.min(count, split.count);
  return {
    images: split.images.subarray(0, kept * size),
    labels: split.labels.subarray(0, kept),
    count: kept,
  };
};

/** The data set limited to a number of images per split. The statistics are those of the remaining training images. */
export const limited = (
  data: LabelledImages,
  limit: { readonly train?: number; readonly test?: number },
): LabelledImages => {
  const size = imageSize(data.shape);
  return labelledImages({
    ...data,
    train: firstOf(data.train, size, limit.train ?? Number.POSITIVE_INFINITY),
    test: firstOf(data.test, size, limit.test ?? Number.POSITIVE_INFINITY),
  });
};

/**
 * Refuses labels that name no class.
 *
 * @param where the file that the labels come from
 * @throws `RangeflowFailure` that names the first such image
 */
export const checkLabels = (
  where: string,
  labels: Uint8Array,
  classes: number,
  hint = "the file is damaged or of another data set",
): void => {
  const wrong = labels.findIndex((label) => !(label >= 0 && label < classes && Number.isInteger(label)));
  if (wrong >= 0)
    throw new RangeflowFailure(
      problem(where, `label ${labels[wrong]} at image ${wrong}`, `labels from 0 to ${classes - 1}`, hint),
    );
};

/** Text of an invalid normalization; undefined if it is valid. */
const wrongMoments = ({ shape: [, , channels], mean, std }: LabelledImages): string | undefined => {
  const fits = [mean, std].every((one) => one.length === channels && one.every(Number.isFinite));
  return fits && std.every((one) => one > 0)
    ? undefined
    : `means ${mean.join(", ")} and deviations ${std.join(", ")}`;
};

/**
 * Refuses a split whose parts do not match. Splits read from files have been checked; user-defined ones have not.
 *
 * @throws `RangeflowFailure`
 */
export const checkSplit = (data: LabelledImages, split: Split): void => {
  const { images, labels, count } = split;
  const where = `the ${split === data.train ? "training" : "test"} images of ${data.name}`;
  const refuse = (found: string, expected: string): never => {
    throw new RangeflowFailure(problem(where, found, expected));
  };
  if (data.shape.length !== 3 || !data.shape.every(isPositiveInteger))
    refuse(`a shape of ${shapeText(data.shape)}`, "height, width and channels, each a positive integer");
  if (!Number.isInteger(count) || count < 0) refuse(`a count of ${count}`, "an integer that is not negative");
  const size = imageSize(data.shape);
  if (images.length !== count * size)
    refuse(
      `${images.length} bytes for ${count} images of ${shapeText(data.shape)}`,
      `${count * size}, one for each pixel and channel`,
    );
  if (labels.length !== count) refuse(`${labels.length} labels for ${count} images`, "one for each image");
  checkLabels(where, labels, data.classes.length, "give every class a name, and every image one of them");
  const wrong = wrongMoments(data);
  if (wrong) refuse(wrong, `${data.shape[2]} finite numbers each, no deviation 0`);
};
