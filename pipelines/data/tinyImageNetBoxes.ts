/**
 * @file Tiny ImageNet for detection: images with one box each, from the box files.
 *
 *     train/ID/ID_boxes.txt      file, x0, y0, x1, y1
 *     val/val_annotations.txt    file, class id, x0, y0, x1, y1
 *
 * The files do not say whether x1 and y1 belong to a box. They are taken as its last column and row: of 7,000 boxes in a subset of 20
 * classes no number is above 63, the last column of an image, and 19 boxes have x0 = x1 or y0 = y1, which would otherwise be empty. So
 * the box of a `Dataset` ends one pixel further.
 */
import { basename, join } from "node:path";
import type { Box } from "../../core/boxes.ts";
import type { LabelledBox } from "../../core/boxTarget.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Dataset } from "./dataset.ts";
import { type BoxedImages, fromBoxes } from "./fromBoxes.ts";
import { decodeImages } from "./jpeg.ts";
import { type ListedImage, listedImages, type Row, rowsIn, tinyImageShape } from "./tinyImageNetFiles.ts";

const [side] = tinyImageShape;

const takeOriginal = "take the original file";

const refuse = (...sentence: Parameters<typeof problem>): never => {
  throw new RangeflowFailure(problem(...sentence));
};

/** The box of a row, after the given fields. */
const boxIn = ({ where, fields }: Row, before: readonly string[]): Box => {
  const numbers = fields.slice(before.length);
  const expected = `${[...before, "x0", "y0", "x1", "y1"].join(", ")} with tabs between`;
  if (numbers.length !== 4) return refuse(where, `${fields.length} fields`, expected, takeOriginal);
  const broken = numbers.find((number) => !/^-?\d+$/.test(number));
  if (broken !== undefined) return refuse(where, `"${broken}" in its box`, "four integers", takeOriginal);
  const [x0, y0, x1, y1] = numbers.map(Number) as [number, number, number, number];
  const found = `the box ${[x0, y0, x1, y1].join(" ")}`;
  if (x0 > x1 || y0 > y1) return refuse(where, found, "x0 up to x1 and y0 up to y1", takeOriginal);
  if (Math.min(x0, y0) < 0 || Math.max(x1, y1) >= side)
    return refuse(where, `${found}, which is not on its image`, `pixels from 0 to ${side - 1}`, takeOriginal);
  return [x0, y0, x1 + 1, y1 + 1];
};

/** Boxes of the training images of one class, by the path of the image. */
const boxesOfClass = (home: string, id: string, images: readonly ListedImage[]): ReadonlyMap<string, Box> => {
  const list = join(home, "train", id, `${id}_boxes.txt`);
  const paths = new Map(images.map(({ path }) => [basename(path), path]));
  const boxes = new Map<string, Box>();
  for (const row of rowsIn(list)) {
    const [name = ""] = row.fields;
    const path = paths.get(name);
    if (path === undefined)
      return refuse(
        row.where,
        `a box of "${name}"`,
        `images of train/${id}/images`,
        "use files of one download",
      );
    if (boxes.has(path)) return refuse(row.where, `${name} a second time`, "a line for each image");
    boxes.set(path, boxIn(row, ["file"]));
  }
  const without = images.find(({ path }) => !boxes.has(path));
  if (without)
    return refuse(list, `no box of ${basename(without.path)}`, "a line for each image", takeOriginal);
  return boxes;
};

const decoded = async <T extends ListedImage>(
  images: readonly T[],
  boxOf: (image: T) => Box,
): Promise<BoxedImages> => ({
  x: await decodeImages(
    images.map(({ path }) => path),
    tinyImageShape,
  ),
  boxes: images.map((image): readonly LabelledBox[] => [{ label: image.label, box: boxOf(image) }]),
});

/**
 * Tiny ImageNet for detection: the images of `tinyImageNet`, each with its class and the box of its one object.
 *
 * @param options `train` and `test`, largest numbers of images to decode (default: all), and `mirror` (default: false): mirror each
 *   training image with its box with probability 1/2
 * @returns rejects with `RangeflowFailure` as `tinyImageNet` does, and if a line of a box file is truncated, missing, duplicated or of
 *   another image, or its box is inverted or outside the image
 * @example not run: it reads files
 * const data = await tinyImageNetBoxes("data", { train: 1000, test: 100, mirror: true });
 */
export const tinyImageNetBoxes = async (
  dir: string,
  options: { readonly train?: number; readonly test?: number; readonly mirror?: boolean } = {},
): Promise<Dataset> => {
  const known = { train: true, test: true, mirror: true } as const;
  const { mirror = false, ...limit } = knownOptions("tinyImageNetBoxes", options, known);
  const { home, classes, train, test } = listedImages(dir);
  const boxes = new Map(
    classes.flatMap((id, label) => [
      ...boxesOfClass(
        home,
        id,
        train.filter((image) => image.label === label),
      ),
    ]),
  );
  const evaluated = test.map((image) => ({ ...image, box: boxIn(image.row, ["file", "class"]) }));
  const trained = await decoded(train.slice(0, limit.train), ({ path }) => boxes.get(path) as Box);
  return fromBoxes(trained.x, trained.boxes, tinyImageShape, {
    name: "tinyImageNetBoxes",
    classes,
    test: await decoded(evaluated.slice(0, limit.test), ({ box }) => box),
    mirror,
  });
};
