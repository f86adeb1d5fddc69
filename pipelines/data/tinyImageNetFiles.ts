/**
 * @file Files of Tiny ImageNet in its original folders: 64x64 JPEG files of up to 200 classes. PNG files work as well.
 *
 *     wnids.txt                    the class ids, one a line; a label is a line's number, from 0
 *     train/ID/images/ID_N.JPEG    training images
 *     train/ID/ID_boxes.txt        file and a box a line, tabs between
 *     val/val_annotations.txt      file, class id and a box a line, tabs between; the files are in val/images
 *
 * The folder `test` has no labels, so the validation images serve as test images.
 *
 * @see the visual recognition challenge of Stanford's course CS231n
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { readText } from "../files/regularFile.ts";
import { missingFile } from "./dataFile.ts";
import { imagesIn } from "./imageFolder.ts";
import type { ImageShape } from "./labelledImages.ts";

/** Shape of an image. */
export const tinyImageShape: ImageShape = [64, 64, 3];

const mostClasses = 256;

/** An image that is not decoded yet. */
export interface ListedImage {
  readonly path: string;
  readonly label: number;
}

/** A row of a list: its fields, and its place for messages. */
export interface Row {
  readonly where: string;
  readonly fields: readonly string[];
}

/** Rows of a tab-separated list, without empty ones. */
export const rowsIn = (path: string): readonly Row[] =>
  readText(path, "a text file")
    .split(/\r?\n/)
    .map((line, i) => ({ where: `${path}, line ${i + 1}`, fields: line.split("\t") }))
    .filter(({ fields }) => fields.join("") !== "");

/** The first duplicate among texts. */
const firstTwice = (texts: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
};

const idsIn = (home: string): readonly string[] => {
  const path = join(home, "wnids.txt");
  if (!existsSync(path)) throw missingFile(home, ["wnids.txt"], "Tiny ImageNet");
  const ids = rowsIn(path).map(({ fields }) => fields.join("\t"));
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

/** The first image of each class, then the second of each, and so on, so that any prefix has all classes equally often. */
const trainingImages = (home: string, ids: readonly string[]): readonly ListedImage[] => {
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

/** The images that `val_annotations.txt` lists, each with its row. */
const validationImages = (
  home: string,
  ids: readonly string[],
): readonly (ListedImage & { readonly row: Row })[] => {
  const list = join(home, "val", "val_annotations.txt");
  const rows = rowsIn(list);
  if (rows.length === 0)
    throw new RangeflowFailure(
      problem(list, "no image", "a line for each validation image", "take the original file"),
    );
  const twice = firstTwice(rows.map(({ fields: [name = ""] }) => name));
  if (twice !== undefined)
    throw new RangeflowFailure(problem(list, `${twice} more than once`, "a line for each image"));
  return rows.map((row) => {
    const [name = "", id = ""] = row.fields;
    const label = ids.indexOf(id);
    if (label < 0)
      throw new RangeflowFailure(
        problem(
          row.where,
          `class "${id}"`,
          `one of the ${ids.length} in wnids.txt`,
          "take both files from one download",
        ),
      );
    return { path: join(home, "val", "images", name), label, row };
  });
};

/**
 * All images in `dir`, or in its subdirectory `tiny-imagenet-200`, where the official archive unpacks them, and the folder where they
 * were found.
 *
 * @throws `RangeflowFailure` if a file or folder is missing, or a label is not in `wnids.txt`
 */
export const listedImages = (dir: string) => {
  const unpackedArchive = join(dir, "tiny-imagenet-200");
  const home = existsSync(unpackedArchive) ? unpackedArchive : dir;
  const classes = idsIn(home);
  return { home, classes, train: trainingImages(home, classes), test: validationImages(home, classes) };
};
