/** @file Output files of a user: what is no file is not replaced, links lead to theirs, files that belong together come together. */
import { spawnSync } from "node:child_process";
import fs, {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  growOutput,
  growOutputInto,
  outputPath,
  writeOutput,
  writeOutputsInto,
} from "../../../pipelines/files/outputFiles.ts";
import { scratch, sentenceOf } from "./scratch.ts";

const test = suite("output files");

const bytes = (text: string): readonly Uint8Array[] => [new TextEncoder().encode(text)];

/** Both ways to write one file. */
const writers: readonly ((path: string, text: string) => void)[] = [
  (path, text) => writeOutput(path, bytes(text)),
  (path, text) => {
    const file = growOutput(path);
    for (const part of bytes(text)) file.append(part);
    file.commit();
  },
];

test("a pipe or a directory stays what it is, and is a sentence", () => {
  for (const write of writers) {
    const dir = scratch();
    const [pipe, taken] = [join(dir, "pipe"), join(dir, "taken")];
    assert.is(spawnSync("mkfifo", [pipe]).status, 0);
    mkdirSync(taken);
    assert.match(
      sentenceOf(() => write(pipe, "new")),
      /pipe: cannot be written \(a pipe\), expected a regular file, or an unused path; name another one\.$/,
    );
    assert.match(
      sentenceOf(() => write(taken, "new")),
      /taken: cannot be written \(a directory\), expected a regular file/,
    );
    assert.ok(lstatSync(pipe).isFIFO());
    assert.equal(readdirSync(dir).sort(), ["pipe", "taken"]);
  }
});

test("a link stays a link, and the file that it leads to is written, through links to links", () => {
  for (const write of writers) {
    const [dir, elsewhere] = [scratch(), scratch()];
    writeFileSync(join(elsewhere, "file"), "old");
    symlinkSync(join(elsewhere, "file"), join(dir, "first"));
    symlinkSync("first", join(dir, "second"));
    write(join(dir, "second"), "new");
    assert.is(readFileSync(join(elsewhere, "file"), "utf8"), "new");
    for (const name of ["first", "second"]) assert.ok(lstatSync(join(dir, name)).isSymbolicLink(), name);
    assert.equal([readdirSync(dir).sort(), readdirSync(elsewhere)], [["first", "second"], ["file"]]);
  }
});

test("links to nothing, to themselves and to what is no file are refused and stay", () => {
  for (const write of writers) {
    const dir = scratch();
    const links = { nowhere: "missing", loop: "loop", device: "/dev/null" };
    for (const [name, to] of Object.entries(links)) symlinkSync(to, join(dir, name));
    for (const name of ["nowhere", "loop"])
      assert.match(
        sentenceOf(() => outputPath(join(dir, name))),
        /: cannot be written \(a symbolic link that leads nowhere\), expected a regular file/,
      );
    assert.match(
      sentenceOf(() => outputPath(join(dir, "device"))),
      /device: cannot be written \(a device\), expected a regular file/,
    );
    for (const name of ["nowhere", "loop"]) sentenceOf(() => write(join(dir, name), "new"));
    assert.equal(readdirSync(dir).sort(), ["device", "loop", "nowhere"]);
    for (const name of Object.keys(links)) assert.ok(lstatSync(join(dir, name)).isSymbolicLink(), name);
  }
});

/** Does `act` on a disk that is full once so many bytes were written. */
const withRoomFor = <A>(room: number, act: () => A): A => {
  const { writeSync } = fs;
  let written = 0;
  const limited = (fd: number, data: Uint8Array, ...rest: readonly number[]): number => {
    written += data.length;
    if (written > room) throw Object.assign(new Error("full"), { code: "ENOSPC" });
    return (writeSync as (...all: readonly unknown[]) => number)(fd, data, ...rest);
  };
  Object.assign(fs, { writeSync: limited });
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    Object.assign(fs, { writeSync });
    syncBuiltinESMExports();
  }
};

const pair = (text: string) =>
  ["net.h", "net.c"].map((path) => ({ path, parts: bytes(`${text} of ${path}`) }));

test("files of a directory that is there are all new or all old", () => {
  const dir = scratch();
  writeOutputsInto(dir, pair("old"));
  writeFileSync(join(dir, "mine"), "mine");
  const sentence = withRoomFor(20, () => sentenceOf(() => writeOutputsInto(dir, pair("a new text"))));
  assert.match(sentence, /net\.[ch]: cannot be written \(no space left on the disk\), expected /);
  assert.not.match(sentence, /partial/);
  const texts = () => ["net.h", "net.c"].map((name) => readFileSync(join(dir, name), "utf8"));
  assert.equal(texts(), ["old of net.h", "old of net.c"]);
  assert.equal(readdirSync(dir).sort(), ["mine", "net.c", "net.h"]);
  writeOutputsInto(dir, pair("new"));
  assert.equal(texts(), ["new of net.h", "new of net.c"]);
});

/** Does `act` on a disk that refuses the rename of that number. */
const withoutRename = <A>(refused: number, act: () => A): A => {
  const { renameSync } = fs;
  let number = 0;
  const limited = (from: string, to: string): void => {
    number++;
    if (number === refused) throw Object.assign(new Error("refused"), { code: "EIO" });
    renameSync(from, to);
  };
  Object.assign(fs, { renameSync: limited });
  syncBuiltinESMExports();
  try {
    return act();
  } finally {
    Object.assign(fs, { renameSync });
    syncBuiltinESMExports();
  }
};

test("files of which one gets no name are all old, and those that were not there are not", () => {
  const dir = scratch();
  writeOutputsInto(dir, [{ path: "net.h", parts: bytes("old of net.h") }]);
  for (const refused of [1, 2]) {
    const sentence = withoutRename(refused, () => sentenceOf(() => writeOutputsInto(dir, pair("new"))));
    assert.match(sentence, /net\.[ch]: cannot be written/);
    assert.is(readFileSync(join(dir, "net.h"), "utf8"), "old of net.h");
    assert.equal(readdirSync(dir), ["net.h"]);
  }
});

test("one name that is taken by what is no file leaves all as they were", () => {
  const dir = scratch();
  mkdirSync(join(dir, "net.c"));
  assert.match(
    sentenceOf(() => writeOutputsInto(dir, pair("new"))),
    /net\.c: cannot be written \(a directory\)/,
  );
  assert.equal(readdirSync(dir), ["net.c"]);
});

test("a directory that is missing is made with those above it, or nothing of it stays", () => {
  const home = scratch();
  const dir = join(home, "a", "b");
  const sentence = withRoomFor(20, () => sentenceOf(() => writeOutputsInto(dir, pair("a new text"))));
  assert.match(sentence, `${dir}: cannot be written (no space left on the disk), expected `);
  assert.equal(readdirSync(home), []);
  writeOutputsInto(`${dir}/`, pair("new"));
  assert.equal(readdirSync(dir).sort(), ["net.c", "net.h"]);
  assert.equal(readdirSync(join(home, "a")), ["b"]);
});

test("what is no directory is not made one", () => {
  const home = scratch();
  const at = (name: string): string => join(home, name);
  writeFileSync(at("file"), "mine");
  symlinkSync("missing", at("nowhere"));
  mkdirSync(at("real"));
  symlinkSync("real", at("link"));
  const refused = (name: string): string => sentenceOf(() => writeOutputsInto(at(name), pair("new")));
  assert.match(
    refused("file"),
    /file: cannot be written \(a file\), expected a directory, or an unused path; name another one\.$/,
  );
  assert.match(refused("nowhere"), /\(a symbolic link that leads nowhere\), expected a directory/);
  assert.match(refused("file/in"), /file\/in: cannot be written \(part of the path is not a directory\)/);
  assert.is(readFileSync(at("file"), "utf8"), "mine");
  assert.not(existsSync(at("missing")));
  writeOutputsInto(at("link"), pair("new"));
  assert.equal(readdirSync(at("real")).sort(), ["net.c", "net.h"]);
});

test("a growing file lies in its directory under another name until it is complete, and nothing stays of a discarded one", () => {
  const home = scratch();
  const dir = join(home, "a", "b");
  const begun = (text: string) => {
    const file = growOutputInto(dir, "events");
    for (const part of bytes(text)) file.append(part);
    return file;
  };
  const discarded = begun("none");
  assert.match(readdirSync(dir).join(), /^unfinished\.\d+-[0-9a-f]+\.partial$/);
  discarded.discard();
  assert.equal(readdirSync(home), []);
  begun("old").commit();
  writeFileSync(join(dir, "mine"), "mine");
  begun("none").discard();
  assert.is(readFileSync(join(dir, "events"), "utf8"), "old");
  const file = begun("new");
  file.commit();
  file.discard();
  assert.is(readFileSync(join(dir, "events"), "utf8"), "new");
  assert.equal(readdirSync(dir).sort(), ["events", "mine"]);
  assert.match(
    sentenceOf(() => growOutputInto(join(dir, "mine"), "events")),
    /mine: cannot be written \(a file\), expected a directory/,
  );
  assert.match(
    sentenceOf(() => growOutputInto(join(dir, "mine", "in"), "events")),
    /cannot be written \(part of the path is not a directory\)/,
  );
});

test.run();
