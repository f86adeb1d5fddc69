/**
 * @file MNIST and data sets in the same format: IDX files of images and of labels, plain or gzip.
 *
 *     images   magic 2051, count, height, width (big-endian 32-bit words), then count * height * width bytes
 *     labels   magic 2049, count, then count bytes
 *
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits"
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type DataFile, findDataFile, missingFile, readDataFile, wrongLength } from "./dataFile.ts";
import {
  checkLabels,
  type ImageShape,
  type LabelledImages,
  labelledImages,
  type Split,
} from "./labelledImages.ts";

const digits = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

const imagesMagic = 2051;
const labelsMagic = 2049;

/** Checks the magic number and returns the sides in the header. */
const sidesOf = ({ path, bytes }: DataFile, magic: number, what: string, rank: number): readonly number[] => {
  const start = 4 + 4 * rank;
  const word = (i: number): number => new DataView(bytes.buffer, bytes.byteOffset + 4 * i, 4).getUint32(0);
  if (bytes.length < start) throw wrongLength(path, bytes.length, start, `the header of IDX ${what}`);
  if (word(0) !== magic)
    throw new RangeflowFailure(
      problem(
        path,
        `magic number ${word(0)}`,
        `${magic} of IDX ${what}`,
        word(0) === imagesMagic || word(0) === labelsMagic
          ? "images and labels may be swapped"
          : "the file is damaged or not an IDX file",
      ),
    );
  const sides = Array.from({ length: rank }, (_, i) => word(1 + i));
  if (sides.includes(0))
    throw new RangeflowFailure(
      problem(path, `${sides.join("x")} ${what}`, "at least one", "use a whole file"),
    );
  return sides;
};

/** Length in bytes of a file with these sides. */
const lengthOf = (sides: readonly number[]): number =>
  4 + 4 * sides.length + sides.reduce((product, side) => product * side, 1);

/** Reads a file whose length its header states. The header is checked first. */
const readIdx = (path: string, magic: number, what: string, rank: number) => {
  const sidesIn = (file: DataFile): readonly number[] => sidesOf(file, magic, what, rank);
  const file = readDataFile(path, (start) => lengthOf(sidesIn(start)));
  const sides = sidesIn(file);
  if (file.bytes.length !== lengthOf(sides))
    throw wrongLength(path, file.bytes.length, lengthOf(sides), `${sides.join("x")} ${what}`);
  return { ...file, sides };
};

const readSplit = (dir: string, prefix: string): { readonly split: Split; readonly shape: ImageShape } => {
  const read = (what: string, suffix: string, magic: number, rank: number) => {
    const names = [`${prefix}-${what}-${suffix}`, `${prefix}-${what}.${suffix}`];
    const path = findDataFile(dir, names);
    if (path === undefined) throw missingFile(dir, names, "MNIST (IDX), plain or .gz");
    return readIdx(path, magic, what, rank);
  };
  const imageFile = read("images", "idx3-ubyte", imagesMagic, 3);
  const labelFile = read("labels", "idx1-ubyte", labelsMagic, 1);
  const [count, height, width] = imageFile.sides as [number, number, number];
  const [labelCount] = labelFile.sides as [number];
  if (labelCount !== count)
    throw new RangeflowFailure(
      problem(
        labelFile.path,
        `${labelCount} labels`,
        `${count}, one for each image of ${imageFile.path}`,
        "take both files from one download",
      ),
    );
  const labels = labelFile.bytes.subarray(8);
  checkLabels(labelFile.path, labels, digits.length);
  return { split: { images: imageFile.bytes.subarray(16), labels, count }, shape: [height, width, 1] };
};

/**
 * MNIST, or any data set in its format: grey images with labels.
 *
 * Reads `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same of `t10k` from `dir`, each plain or `.gz`.
 *
 * @throws `RangeflowFailure` if a file is missing, damaged, of another kind, or does not match the others
 * @example not run: it reads files
 * const data = mnist("data/mnist");
 */
export const mnist = (dir: string): LabelledImages => {
  const train = readSplit(dir, "train");
  const test = readSplit(dir, "t10k");
  if (train.shape.join() !== test.shape.join())
    throw new RangeflowFailure(
      problem(
        dir,
        `training images of ${train.shape.join("x")} and test images of ${test.shape.join("x")}`,
        "one size",
        "take all four files from one download",
      ),
    );
  return labelledImages({
    name: "mnist",
    classes: digits,
    shape: train.shape,
    train: train.split,
    test: test.split,
  });
};
