/** @file What is no file to read, or none that ends, is a sentence at once: pipes, devices, directories, bombs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDataFile } from "../../../pipelines/data/dataFile.ts";
import { mnist } from "../../../pipelines/data/idx.ts";
import { readCheckpoint } from "../../../pipelines/files/checkpoint.ts";
import { readRecording } from "../../../pipelines/files/recording.ts";
import { readRegular } from "../../../pipelines/files/regularFile.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { record, rowsOfSteps } from "./recordedRows.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("odd files");

/** Each of these under the path that it is asked for. */
const odd: readonly (readonly [kind: RegExp, make: (path: string) => void])[] = [
  [/a pipe, expected/, (path) => void spawnSync("mkfifo", [path])],
  [/a device, expected/, (path) => symlinkSync("/dev/zero", path)],
  [/a directory, expected/, (path) => void mkdirSync(path)],
];

test("a pipe, a device or a directory in place of any file of a run is refused", () => {
  for (const [kind, make] of odd) {
    const [dir, ranges] = [scratch(), scratch()];
    make(join(dir, "checkpoint.safetensors"));
    assert.match(
      sentenceOf(() => readCheckpoint(join(dir, "checkpoint.safetensors"))),
      kind,
    );
    make(join(dir, "done.json"));
    assert.match(
      sentenceOf(() => doneRecordIn(dir)),
      kind,
    );
    make(join(dir, "data"));
    assert.match(
      sentenceOf(() => readDataFile(join(dir, "data"))),
      kind,
    );
    record(ranges, rowsOfSteps(0, 2));
    make(join(ranges, "000001.sums"));
    writeFileSync(join(ranges, "000001.arrows"), "");
    assert.match(
      sentenceOf(() => readRecording(ranges)),
      kind,
    );
  }
});

test("a file that is longer than it may be is refused by its length, and a checkpoint by its start", () => {
  const path = join(scratch(), "long");
  writeFileSync(path, "PK\u0003\u0004");
  truncateSync(path, 2 ** 40);
  assert.match(
    sentenceOf(() => readRegular(path, "a file")),
    /1099511627776 bytes, expected a file of at most/,
  );
  assert.match(
    sentenceOf(() => readCheckpoint(path)),
    /without a checksum/,
  );
});

test("a gzip file is unpacked no further than its header promises, which is read first", () => {
  const dir = scratch();
  const path = join(dir, "train-images-idx3-ubyte.gz");
  const bomb = new Uint8Array(2 ** 26);
  writeFileSync(join(dir, "train-labels-idx1-ubyte"), "");
  writeFileSync(path, gzipSync(bomb));
  assert.match(
    sentenceOf(() => mnist(dir)),
    /ubyte\.gz: magic number 0, expected 2051/,
  );
  const header = new DataView(bomb.buffer);
  [2051, 1, 2, 2].forEach((word, i) => {
    header.setUint32(4 * i, word);
  });
  writeFileSync(path, gzipSync(bomb));
  assert.match(
    sentenceOf(() => mnist(dir)),
    /ubyte\.gz: more than 20 bytes when unpacked, expected 20 at most/,
  );
});

test.run();
