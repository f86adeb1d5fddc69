/**
 * @file CIFAR-10, binary version, plain or gzip.
 *
 * A record is one label byte followed by 32x32 bytes each of red, green and blue, plane after plane. A file holds any number of records.
 * Training images are those of all files `data_batch_*.bin`, in the order of their numbers.
 *
 * @see Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { statAt } from "../files/statAt.ts";
import {
  type DataFile,
  downloadAgain,
  findDataFile,
  missingFile,
  readDataFile,
  wrongLength,
} from "./dataFile.ts";
import { checkLabels, type LabelledImages, labelledImages, type Split } from "./labelledImages.ts";

const classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

const side = 32;
const plane = side * side;
const record = 1 + 3 * plane;

const recordsIn = ({ path, bytes }: DataFile): number => {
  const count = Math.floor(bytes.length / record);
  if (count === 0 || count * record !== bytes.length)
    throw wrongLength(path, bytes.length, record * (count + 1), `whole records of ${record} bytes`);
  return count;
};

/** Writes the records of `bytes` as NHWC images and labels, starting at image `at`. */
const unpack = (bytes: Uint8Array, images: Uint8Array, labels: Uint8Array, at: number): void => {
  for (let from = 0, n = at; from < bytes.length; from += record, n++) {
    labels[n] = bytes[from]!;
    let to = n * 3 * plane;
    for (let p = from + 1; p <= from + plane; p++) {
      images[to++] = bytes[p]!;
      images[to++] = bytes[p + plane]!;
      images[to++] = bytes[p + 2 * plane]!;
    }
  }
};

const readSplit = (paths: readonly string[]): Split => {
  const files = paths.map((path) => readDataFile(path));
  const counts = files.map(recordsIn);
  const count = counts.reduce((sum, n) => sum + n, 0);
  const images = new Uint8Array(count * 3 * plane);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const [i, { path, bytes }] of files.entries()) {
    unpack(bytes, images, labels, at);
    checkLabels(path, labels.subarray(at, at + counts[i]!), classes.length);
    at += counts[i]!;
  }
  return { images, labels, count };
};

const nameOf = (n: number): string => `data_batch_${n}.bin`;

/**
 * Names `data_batch_1.bin`, `data_batch_2.bin`, .. in `dir`, plain or `.gz`.
 *
 * @throws `RangeflowFailure` if a number is missing from the sequence, or another file has such a name
 */
const trainingNames = (dir: string): readonly string[] => {
  const isDirectory = statAt(dir)?.isDirectory() ?? false;
  const batches = (isDirectory ? readdirSync(dir) : []).filter((name) => name.startsWith("data_batch"));
  const numbers = new Set(
    batches.map((name) => {
      const number = /^data_batch_([1-9]\d*)\.bin(\.gz)?$/.exec(name)?.[1];
      if (number === undefined)
        throw new RangeflowFailure(
          problem(
            dir,
            `a file ${name}`,
            "training files data_batch_1.bin, data_batch_2.bin, .., of the binary version, plain or .gz",
            "move or rename it",
          ),
        );
      return Number(number);
    }),
  );
  const names = Array.from({ length: Math.max(numbers.size, 1) }, (_, i) => nameOf(i + 1));
  const missing = names.find((_, i) => numbers.size > 0 && !numbers.has(i + 1));
  if (missing !== undefined)
    throw new RangeflowFailure(
      problem(
        dir,
        `no ${missing} before ${nameOf(Math.max(...numbers))}`,
        "all of them up to the last",
        downloadAgain,
      ),
    );
  return names;
};

/**
 * CIFAR-10: 32x32 colour images of 10 classes.
 *
 * Reads `data_batch_*.bin` and `test_batch.bin`, each plain or `.gz`, from `dir` or from its subdirectory `cifar-10-batches-bin`, where
 * the official archive unpacks them.
 *
 * @throws `RangeflowFailure` if a file is missing, truncated, cannot be unpacked, or has labels above 9
 * @example not run: it reads files
 * const data = cifar10("data/cifar10");
 */
export const cifar10 = (dir: string): LabelledImages => {
  const unpackedArchive = join(dir, "cifar-10-batches-bin");
  const home = existsSync(unpackedArchive) ? unpackedArchive : dir;
  const find = (name: string): string => {
    const path = findDataFile(home, [name]);
    if (path === undefined) throw missingFile(home, [name], "CIFAR-10 (binary version), plain or .gz");
    return path;
  };
  const train = trainingNames(home).map(find);
  const test = find("test_batch.bin");
  return labelledImages({
    name: "cifar10",
    classes,
    shape: [side, side, 3],
    train: readSplit(train),
    test: readSplit([test]),
  });
};
