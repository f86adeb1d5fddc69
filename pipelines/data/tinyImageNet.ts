/**
 * @file Tiny ImageNet in its original folders: 64x64 JPEG files of up to 200 classes; PNG files will do as well.
 *
 *     wnids.txt                    the class ids, one a line; a label is a line's number, from 0
 *     train/ID/images/ID_N.JPEG    training images
 *     val/val_annotations.txt      file, class id and a box a line, tabs between; the files are in val/images
 *
 * The folder `test` has no labels, so the validation images are the test images here.
 *
 * @see the visual recognition challenge of Stanford's course CS231n
 */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { readText } from "../files/regularFile.ts";
import { missingFile } from "./dataFile.ts";
import { imagesIn } from "./imageFolder.ts";
import { decodeImages } from "./jpeg.ts";
import { type ImageShape, type LabelledImages, labelledImages, type Split } from "./labelledImages.ts";

const shape: ImageShape = [64, 64, 3];
const mostClasses = 256;

/** An image that is not decoded yet. */
interface Labelled {
  readonly path: string;
  readonly label: number;
}

const linesOf = (path: string): readonly string[] =>
  readText(path, "a text file")
    .split(/\r?\n/)
    .filter((line) => line !== "");

/** The first text that has been there before. */
const firstTwice = (texts: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
};

const idsIn = (home: string): readonly string[] => {
  const path = join(home, "wnids.txt");
  if (!existsSync(path)) throw missingFile(home, ["wnids.txt"], "Tiny ImageNet");
  const ids = linesOf(path);
  if (ids.length < 2 || ids.length > mostClasses)
    throw new RangeflowFailure(
      problem(path, `${ids.length} class ids`, `2 to ${mostClasses}, one a line`, "take the original file"),
    );
  const twice = firstTwice(ids);
  if (twice !== undefined)
    throw new RangeflowFailure(
      problem(path, `class id ${twice} more than once`, "each class once", "take the original file"),
    );
  return ids;
};

/** The first image of each class, then the second of each, and so on, so that any number of them has all classes alike. */
const trainingImages = (home: string, ids: readonly string[]): readonly Labelled[] => {
  const byClass = ids.map((id) =>
    imagesIn(join(home, "train", id, "images"), `the training images of class ${id}`),
  );
  const most = byClass.reduce((longest, { length }) => Math.max(longest, length), 0);
  return Array.from({ length: most }, (_, n) =>
    byClass.flatMap((paths, label) => {
      const path = paths[n];
      return path === undefined ? [] : [{ path, label }];
    }),
  ).flat();
};

const validationImages = (home: string, ids: readonly string[]): readonly Labelled[] => {
  const list = join(home, "val", "val_annotations.txt");
  const lines = linesOf(list).map((line) => line.split("\t"));
  if (lines.length === 0)
    throw new RangeflowFailure(
      problem(list, "no image", "a line for each validation image", "take the original file"),
    );
  const twice = firstTwice(lines.map(([name = ""]) => name));
  if (twice !== undefined)
    throw new RangeflowFailure(problem(list, `${twice} more than once`, "a line for each image"));
  return lines.map(([name = "", id = ""], i) => {
    const label = ids.indexOf(id);
    if (label < 0)
      throw new RangeflowFailure(
        problem(
          `${list}, line ${i + 1}`,
          `class "${id}"`,
          `one of the ${ids.length} in wnids.txt`,
          "take both files from one download",
        ),
      );
    return { path: join(home, "val", "images", name), label };
  });
};

const decodedSplit = async (images: readonly Labelled[]): Promise<Split> => ({
  images: await decodeImages(
    images.map(({ path }) => path),
    shape,
  ),
  labels: Uint8Array.from(images, ({ label }) => label),
  count: images.length,
});

/**
 * The images of `train` and `val` in `dir`, or in its `tiny-imagenet-200`, which is what the official archive unpacks to. The
 * classes of training images take turns, so that the first ones are of all classes.
 *
 * @param limit decode at most so many of each split
 * @returns rejects with `RangeflowFailure` if the package `sharp` is missing, a file or folder is missing or damaged, or a label
 *   is not in `wnids.txt`
 * @example not run: it reads files
 * const data = await tinyImageNet("data", { train: 1000, test: 100 });
 */
export const tinyImageNet = async (
  dir: string,
  limit: { readonly train?: number; readonly test?: number } = {},
): Promise<LabelledImages> => {
  knownOptions("tinyImageNet", limit, { train: true, test: true });
  const unpackedArchive = join(dir, "tiny-imagenet-200");
  const home = existsSync(unpackedArchive) ? unpackedArchive : dir;
  const classes = idsIn(home);
  const train = trainingImages(home, classes).slice(0, limit.train);
  const test = validationImages(home, classes).slice(0, limit.test);
  return labelledImages({
    name: "tinyImageNet",
    classes,
    shape,
    train: await decodedSplit(train),
    test: await decodedSplit(test),
  });
};
