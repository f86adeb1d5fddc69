/** @file Files that are there as a whole or not at all. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeAtomically } from "../../../pipelines/files/atomic.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("writeAtomically");

test("the parts of a file follow each other, and nothing else stays in the directory", () => {
  const dir = scratch();
  writeAtomically(join(dir, "a"), [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]);
  assert.equal([...readFileSync(join(dir, "a"))], [1, 2, 3]);
  assert.equal(readdirSync(dir), ["a"]);
});

test("a file that is there is replaced, also where an earlier process left half of a new one", () => {
  const dir = scratch();
  writeFileSync(join(dir, "a"), "old");
  writeFileSync(join(dir, "a.partial"), "half of something longer");
  writeAtomically(join(dir, "a"), [Buffer.from("new")]);
  assert.is(readFileSync(join(dir, "a"), "utf8"), "new");
  assert.equal(readdirSync(dir), ["a"]);
});

test("a directory that is missing, or a target that is a directory, is one sentence", () => {
  const dir = scratch();
  mkdirSync(join(dir, "taken"));
  assert.match(
    sentenceOf(() => writeAtomically(join(dir, "no", "a"), [])),
    /no\/a: it cannot be written \(it does not exist\)/,
  );
  assert.match(
    sentenceOf(() => writeAtomically(join(dir, "taken"), [])),
    /taken: it cannot be written \(it is a directory\)/,
  );
  assert.equal(readdirSync(dir), ["taken"]);
});

(existsSync("/dev/full") ? test : test.skip)(
  "a full disk leaves the old file, and no part of the new one",
  () => {
    const dir = scratch();
    writeFileSync(join(dir, "a"), "old");
    symlinkSync("/dev/full", join(dir, "a.partial"));
    assert.match(
      sentenceOf(() => writeAtomically(join(dir, "a"), [Buffer.from("new")])),
      /no space left on the disk/,
    );
    assert.is(readFileSync(join(dir, "a"), "utf8"), "old");
    assert.equal(readdirSync(dir), ["a"]);
  },
);

test.run();
