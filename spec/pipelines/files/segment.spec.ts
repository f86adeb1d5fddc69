/** @file What the system says late, or not at all: errors of `close`, and directories that were never forced to the disk. */
import fs, { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createSegment } from "../../../pipelines/files/segment.ts";
import { record, recorderIn, rowsOfSteps } from "./recordedRows.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("segment");

/** Does `act` while a function of the file system is another. */
const withOther = <K extends "closeSync" | "fsyncSync", A>(
  name: K,
  other: (typeof fs)[K],
  act: () => A,
): A => {
  const original = fs[name];
  Object.assign(fs, { [name]: other });
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    Object.assign(fs, { [name]: original });
    syncBuiltinESMExports();
  }
};

test("an error of close is a sentence, and the other file is closed as well", () => {
  const { closeSync } = fs;
  for (const [code, reason] of [
    ["ENOSPC", "no space left on the disk"],
    ["EIO", "the disk reports an error"],
  ] as const) {
    const dir = scratch();
    const recording = recorderIn(dir);
    for (const row of rowsOfSteps(0, 2)) recording.append(row);
    recording.flush();
    const closed: number[] = [];
    const failing = (fd: number): void => {
      closeSync(fd);
      closed.push(fd);
      throw Object.assign(new Error(code), { code });
    };
    const sentence = withOther("closeSync", failing, () => sentenceOf(() => recording.close()));
    assert.match(sentence, new RegExp(`000000\\.arrows: cannot be written \\(${reason}\\)`));
    assert.is(new Set(closed).size, 2);
  }
});

test("a new segment, and the directory of a recording, are forced to the disk with their names", () => {
  const dir = join(scratch(), "ranges");
  const { fsyncSync, fstatSync, statSync } = fs;
  const synced: number[] = [];
  const noting = (fd: number): void => {
    if (fstatSync(fd).isDirectory()) synced.push(fstatSync(fd).ino);
    fsyncSync(fd);
  };
  withOther("fsyncSync", noting, () => record(dir, rowsOfSteps(0, 1)));
  assert.ok(synced.includes(statSync(dir).ino));
  assert.ok(synced.includes(statSync(join(dir, "..")).ino));
});

test("a segment that is discarded leaves nothing", () => {
  const dir = scratch();
  const segment = createSegment({ data: join(dir, "a"), sums: join(dir, "b") });
  segment.append(Uint8Array.of(1));
  segment.discard();
  assert.equal(readdirSync(dir), []);
});

test.run();
