/** @file Files that are there as a whole or not at all. */
import fs, { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { removePartials, writeAtomically } from "../../../pipelines/files/atomic.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("writeAtomically");

test("the parts of a file follow each other, and nothing else stays in the directory", () => {
  const dir = scratch();
  writeAtomically(join(dir, "a"), [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)]);
  assert.equal([...readFileSync(join(dir, "a"))], [1, 2, 3]);
  assert.equal(readdirSync(dir), ["a"]);
});

test("a file that is there is replaced", () => {
  const dir = scratch();
  writeFileSync(join(dir, "a"), "old");
  writeAtomically(join(dir, "a"), [Buffer.from("new")]);
  assert.is(readFileSync(join(dir, "a"), "utf8"), "new");
  assert.equal(readdirSync(dir), ["a"]);
});

test("a directory that is missing, or a target that is a directory, is one sentence", () => {
  const dir = scratch();
  mkdirSync(join(dir, "taken"));
  assert.match(
    sentenceOf(() => writeAtomically(join(dir, "no", "a"), [])),
    /no\/a: cannot be written \(no such file or directory\), expected a writable path; name another one, /,
  );
  assert.match(
    sentenceOf(() => writeAtomically(join(dir, "taken"), [])),
    /taken: cannot be written \(is a directory\)/,
  );
  assert.equal(readdirSync(dir), ["taken"]);
});

/** Does `act` while functions of the file system are others. */
const withFiles = <A>(others: object, act: () => A): A => {
  const { writeSync, closeSync, readSync } = fs;
  Object.assign(fs, others);
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    Object.assign(fs, { writeSync, closeSync, readSync });
    syncBuiltinESMExports();
  }
};

const failing = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

const keepsTheOld = (others: object, sentence: RegExp): void => {
  const dir = scratch();
  writeFileSync(join(dir, "a"), "old");
  assert.match(
    withFiles(others, () => sentenceOf(() => writeAtomically(join(dir, "a"), [Buffer.from("new")]))),
    sentence,
  );
  assert.is(readFileSync(join(dir, "a"), "utf8"), "old");
  assert.equal(readdirSync(dir), ["a"]);
};

test("a full disk leaves the old file, and no part of the new one, also where it says so only in the end", () => {
  const { closeSync } = fs;
  const full = (fd: number): void => {
    closeSync(fd);
    failing("ENOSPC")();
  };
  keepsTheOld({ writeSync: failing("ENOSPC") }, /no space left on the disk/);
  keepsTheOld({ closeSync: full }, /no space left on the disk/);
});

test("what does not read as it was written does not replace what was good", () => {
  const { readSync } = fs;
  const flipped = (fd: number, bytes: Uint8Array, ...rest: [number, number, number]): number => {
    const length = readSync(fd, bytes, ...rest);
    bytes[length - 1]! ^= 1;
    return length;
  };
  keepsTheOld({ readSync: flipped }, /what was written is not what can be read/);
  keepsTheOld({ readSync: () => 0 }, /what was written is not what can be read/);
});

test("links that wait where a new file might be made lead to nothing that is written", () => {
  const dir = scratch();
  writeFileSync(join(dir, "precious"), "precious");
  for (const name of ["a", "a.partial"]) symlinkSync(join(dir, "precious"), join(dir, name));
  writeAtomically(join(dir, "a"), [Buffer.from("new")]);
  assert.is(readFileSync(join(dir, "precious"), "utf8"), "precious");
  assert.ok(lstatSync(join(dir, "a")).isFile());
});

test("what killed processes have left is removed, and nothing else", () => {
  const dir = scratch();
  const others = ["a", "a.json", "a.partial", "b.12-0123456789abcdef.partial"];
  for (const name of [...others, "a.12-0123456789abcdef.partial"]) writeFileSync(join(dir, name), "");
  removePartials(join(dir, "a"));
  assert.equal(readdirSync(dir).sort(), others);
});

test.run();
