/** @file Tiny ImageNet for classification: images with their classes. */

import { knownOptions } from "../../core/knownOptions.ts";
import { decodeImages } from "./jpeg.ts";
import { type LabelledImages, labelledImages, type Split } from "./labelledImages.ts";
import { type ListedImage, listedImages, tinyImageShape } from "./tinyImageNetFiles.ts";

const decodedSplit = async (images: readonly ListedImage[]): Promise<Split> => ({
  images: await decodeImages(
    images.map(({ path }) => path),
    tinyImageShape,
  ),
  labels: Uint8Array.from(images, ({ label }) => label),
  count: images.length,
});

/**
 * Tiny ImageNet for classification: 64x64 colour images of up to 200 classes.
 *
 * Reads `train` and `val` from `dir`, or from its subdirectory `tiny-imagenet-200`, where the official archive unpacks them. Training
 * images are interleaved by class, so that the first ones cover all classes.
 *
 * @param limit largest number of images to decode, per split. Default: all
 * @returns rejects with `RangeflowFailure` if the package `sharp` is missing, a file or folder is missing or damaged, or a label is not
 *   in `wnids.txt`
 * @example not run: it reads files
 * const data = await tinyImageNet("data", { train: 1000, test: 100 });
 */
export const tinyImageNet = async (
  dir: string,
  limit: { readonly train?: number; readonly test?: number } = {},
): Promise<LabelledImages> => {
  knownOptions("tinyImageNet", limit, { train: true, test: true });
  const { classes, train, test } = listedImages(dir);
  return labelledImages({
    name: "tinyImageNet",
    classes,
    shape: tinyImageShape,
    train: await decodedSplit(train.slice(0, limit.train)),
    test: await decodedSplit(test.slice(0, limit.test)),
  });
};
