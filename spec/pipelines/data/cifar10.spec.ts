/** @file CIFAR-10 files: any number of them, plain or gzip, planes to NHWC; what is wrong with one has its sentence. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cifar10 } from "../../../pipelines/data/cifar10.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";

const test = suite("cifar10");

/** Records with these labels; the byte at (row, column) of plane c is (row + 2 * column + 85 * c) modulo 256. */
const records = (...labels: readonly number[]): Uint8Array => {
  const planes = Array.from(
    { length: 3072 },
    (_, i) => (Math.floor((i % 1024) / 32) + 2 * (i % 32) + 85 * Math.floor(i / 1024)) % 256,
  );
  return Uint8Array.from(labels.flatMap((label) => [label, ...planes]));
};

const directory = (files: Readonly<Record<string, Uint8Array>>): string => {
  const dir = scratch();
  for (const [name, bytes] of Object.entries({ "test_batch.bin": records(3), ...files }))
    writeFileSync(join(dir, name), bytes);
  return dir;
};

test("every training file counts, in the order of its number, plain before gzip", () => {
  const more = [10, 9, 8, 7, 6, 5, 4, 3].map((n) => [`data_batch_${n}.bin`, records(n - 1)]);
  const { train, test, shape, classes } = cifar10(
    directory({
      ...Object.fromEntries(more),
      "._data_batch_1.bin": new Uint8Array(),
      "data_batch_2.bin.gz": gzipSync(records(5, 6)),
      "data_batch_1.bin": records(9, 0),
      "data_batch_1.bin.gz": gzipSync(records(7)),
    }),
  );
  assert.equal([...train.labels], [9, 0, 5, 6, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal([train.count, test.count, shape, classes[9]], [12, 1, [32, 32, 3], "truck"]);
});

test("planes become the channels of each pixel", () => {
  const { train } = cifar10(directory({ "data_batch_1.bin": records(0, 1) }));
  for (const [n, row, column] of [
    [0, 0, 0],
    [0, 31, 31],
    [1, 0, 0],
    [1, 7, 20],
    [1, 31, 31],
  ] as const)
    for (let c = 0; c < 3; c++)
      assert.is(train.images[((n * 32 + row) * 32 + column) * 3 + c], (row + 2 * column + 85 * c) % 256);
});

test("the directory of the official archive is found inside the one that is named", () => {
  const dir = scratch();
  mkdirSync(join(dir, "cifar-10-batches-bin"));
  writeFileSync(join(dir, "cifar-10-batches-bin", "data_batch_1.bin"), records(4));
  writeFileSync(join(dir, "cifar-10-batches-bin", "test_batch.bin"), records(4));
  assert.is(cifar10(dir).train.count, 1);
});

test("missing, truncated, empty and mislabelled files are found", () => {
  const sentenceFor = (bytes: Uint8Array): string =>
    sentenceOf(() => cifar10(directory({ "data_batch_1.bin": records(1), "data_batch_2.bin": bytes })));
  assert.match(
    sentenceFor(records(1, 2).subarray(0, 6145)),
    /data_batch_2.bin: 6145 bytes, expected 6146 bytes for whole records/,
  );
  assert.match(sentenceFor(new Uint8Array()), /data_batch_2.bin: 0 bytes, expected 3073 bytes/);
  assert.match(
    sentenceFor(records(1, 2, 12)),
    /data_batch_2.bin: label 12 at image 2, expected labels from 0 to 9/,
  );
  assert.match(
    sentenceOf(() => cifar10(directory({}))),
    /no file data_batch_1.bin, expected the files of CIFAR-10/,
  );
  assert.match(
    sentenceOf(() => cifar10(join(directory({}), "test_batch.bin"))),
    /no file data_batch_1.bin/,
  );
  assert.match(
    sentenceOf(() => cifar10(directory({ "data_batch_1.bin.gz": records(1) }))),
    /data_batch_1.bin.gz: gzip data that cannot be unpacked/,
  );
});

test("a training file that is missing between others, or has an odd name, is not passed over", () => {
  const withFiles = (...names: readonly string[]): string =>
    sentenceOf(() => cifar10(directory(Object.fromEntries(names.map((name) => [name, records(1)])))));
  assert.match(
    withFiles("data_batch_1.bin", "data_batch_2.bin", "data_batch_4.bin"),
    /: no data_batch_3\.bin before data_batch_4\.bin, expected all of them up to the last; /,
  );
  assert.match(withFiles("data_batch_2.bin"), /: no data_batch_1\.bin before data_batch_2\.bin, expected/);
  for (const name of ["data_batch_01.bin", "data_batch_2.bin.part", "data_batch_1 (1).bin", "data_batch_2"])
    assert.ok(
      withFiles("data_batch_1.bin", name).includes(
        `: a file ${name}, expected training files data_batch_1.bin, `,
      ),
      name,
    );
});

const real = fileURLToPath(new URL("../../../../../shared/data/cifar10", import.meta.url));

(existsSync(real) ? test : test.skip)(
  "real images, where ../shared/data/cifar10 is (skipped where it is not)",
  () => {
    const { train, test, mean, std } = cifar10(real);
    assert.equal([train.count, test.count], [20000, 4000]);
    // The moments that ../shared/data/README.md states, on the scale of 255 and to two decimals.
    const onBytes = (moments: readonly number[]): readonly string[] =>
      moments.map((m) => (255 * m).toFixed(2));
    assert.equal(onBytes(mean), ["125.30", "122.81", "113.62"]);
    assert.equal(onBytes(std), ["62.53", "61.82", "66.17"]);
  },
);

test.run();
