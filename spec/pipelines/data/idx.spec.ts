/** @file MNIST files: read as they are, plain or gzip; each thing that can be wrong with one has its sentence. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { mnist } from "../../../pipelines/data/idx.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";

const test = suite("mnist");

/** An IDX file: its magic number, its sides, and bytes that count up from 0 unless given. */
const idx = (magic: number, sides: readonly number[], body?: readonly number[]): Uint8Array => {
  const size = sides.reduce((product, side) => product * side, 1);
  const words = new DataView(new ArrayBuffer(4 + 4 * sides.length));
  for (const [i, word] of [magic, ...sides].entries()) words.setUint32(4 * i, word);
  return Buffer.concat([
    new Uint8Array(words.buffer),
    Uint8Array.from(body ?? Array.from({ length: size }, (_, i) => i)),
  ]);
};

const good: Readonly<Record<string, Uint8Array>> = {
  "train-images-idx3-ubyte": idx(2051, [3, 2, 4]),
  "train-labels-idx1-ubyte": idx(2049, [3], [9, 0, 5]),
  "t10k-images-idx3-ubyte": idx(2051, [1, 2, 4]),
  "t10k-labels-idx1-ubyte": idx(2049, [1], [7]),
};

const directory = (changed: Readonly<Record<string, Uint8Array>> = {}): string => {
  const dir = scratch();
  for (const [name, bytes] of Object.entries({ ...good, ...changed })) writeFileSync(join(dir, name), bytes);
  return dir;
};

const sentenceFor = (name: string, bytes: Uint8Array): string => {
  const dir = directory({ [name]: bytes });
  const sentence = sentenceOf(() => mnist(dir));
  assert.ok(sentence.startsWith(join(dir, name)), sentence);
  return sentence;
};

test("images, labels and their number come from the files", () => {
  const { shape, train, test, classes, name } = mnist(directory());
  assert.equal([name, shape, classes.length, train.count, test.count], ["mnist", [2, 4, 1], 10, 3, 1]);
  assert.equal(
    [...train.images],
    Array.from({ length: 24 }, (_, i) => i),
  );
  assert.equal([...train.labels, ...test.labels], [9, 0, 5, 7]);
});

test("the moments are those of the training images: bytes 0 to 23 have mean 11.5 and variance 575/12", () => {
  const { mean, std } = mnist(directory());
  assert.ok(Math.abs(mean[0]! - 11.5 / 255) < 1e-15);
  assert.ok(Math.abs(std[0]! - Math.sqrt(575 / 12) / 255) < 1e-15);
});

test("gzip files, and names with a point instead of a dash, are read as well", () => {
  const dir = scratch();
  for (const [name, bytes] of Object.entries(good))
    writeFileSync(join(dir, `${name.replace("-idx", ".idx")}.gz`), gzipSync(bytes));
  assert.equal(mnist(dir), mnist(directory()));
});

test("a missing directory or file says which, and what to try", () => {
  assert.match(
    sentenceOf(() => mnist("/no/such")),
    /^\/no\/such: no such file or directory, expected .*MNIST.*--data-dir/,
  );
  const dir = directory();
  rmSync(join(dir, "t10k-labels-idx1-ubyte"));
  assert.match(
    sentenceOf(() => mnist(dir)),
    /no file t10k-labels-idx1-ubyte, expected the files of MNIST/,
  );
});

test("a wrong magic number, swapped files, and a file of another length are found", () => {
  const images = good["train-images-idx3-ubyte"]!;
  const labels = good["train-labels-idx1-ubyte"]!;
  const name = "train-images-idx3-ubyte";
  assert.match(
    sentenceFor(name, idx(2052, [3, 2, 4])),
    /magic number 2052, expected 2051 of IDX images; the file is damaged/,
  );
  assert.match(sentenceFor(name, Buffer.concat([labels, images])), /magic number 2049, .*swapped/);
  assert.match(
    sentenceFor(name, images.subarray(0, 39)),
    /39 bytes, expected 40 bytes for 3x2x4 images; .*truncated/,
  );
  assert.match(sentenceFor(name, Buffer.concat([images, labels])), /51 bytes, expected 40 bytes .*too long/);
  assert.match(sentenceFor(name, images.subarray(0, 11)), /11 bytes, expected 16 bytes for the header/);
  assert.match(sentenceFor(name, new Uint8Array()), /0 bytes/);
  assert.match(sentenceFor(name, idx(2051, [0, 2, 4])), /0x2x4 images, expected at least one/);
});

test("labels above 9, and labels that do not fit the images, are found", () => {
  const name = "train-labels-idx1-ubyte";
  assert.match(
    sentenceFor(name, idx(2049, [3], [1, 10, 2])),
    /label 10 at image 1, expected labels from 0 to 9/,
  );
  assert.match(sentenceFor(name, idx(2049, [2], [1, 2])), /2 labels, expected 3, one for each image/);
  assert.match(
    sentenceOf(() => mnist(directory({ "t10k-images-idx3-ubyte": idx(2051, [1, 4, 2]) }))),
    /training images of 2x4x1 and test images of 4x2x1, expected one size/,
  );
});

test("a gzip file that is damaged, truncated or none is found", () => {
  const name = "train-images-idx3-ubyte";
  const zipped = gzipSync(good[name]!);
  const flipped = Uint8Array.from(zipped);
  flipped[zipped.length - 6]! ^= 1;
  for (const bytes of [flipped, zipped.subarray(0, zipped.length - 9), good[name]!, new Uint8Array()]) {
    const dir = directory();
    rmSync(join(dir, name));
    writeFileSync(join(dir, `${name}.gz`), bytes);
    assert.match(
      sentenceOf(() => mnist(dir)),
      /idx3-ubyte.gz: gzip data that cannot be unpacked \(.+\), expected a whole gzip file/,
    );
  }
});

const real = fileURLToPath(new URL("../../../../../shared/data/mnist", import.meta.url));

(existsSync(real) ? test : test.skip)(
  "real digits, where ../shared/data/mnist is (skipped where it is not)",
  () => {
    const { train, test, shape } = mnist(real);
    assert.equal([shape, train.count, test.count], [[28, 28, 1], 8000, 2000]);
    const perClass = new Array(10).fill(0);
    for (const label of train.labels) perClass[label]++;
    // The counts that ../shared/data/README.md states.
    assert.equal(perClass, [773, 905, 834, 803, 788, 723, 756, 813, 787, 818]);
  },
);

test.run();
