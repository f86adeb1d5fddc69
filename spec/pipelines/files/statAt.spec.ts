/** @file Paths below a file: nothing is there, on every version of Node, and commands say so in a sentence. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { linkStatAt, statAt } from "../../../pipelines/files/statAt.ts";
import { answerTo } from "../runs.ts";
import { scratch } from "./scratch.ts";

const test = suite("files/statAt");

const home = scratch();
const at = (name: string): string => join(home, name);
writeFileSync(at("file"), "");
mkdirSync(at("directory"));
symlinkSync("directory", at("link"));
symlinkSync("missing", at("nowhere"));

test("what is there, what a link leads to, and what is not there, also below a file", () => {
  assert.ok(statAt(at("file"))?.isFile());
  assert.ok(statAt(at("link"))?.isDirectory());
  assert.ok(linkStatAt(at("link"))?.isSymbolicLink());
  for (const name of ["missing", "nowhere", "file/in", "file/in/it"]) assert.is(statAt(at(name)), undefined);
  for (const name of ["missing", "file/in"]) assert.is(linkStatAt(at(name)), undefined);
});

test("commands that are given a path below a file say so", async () => {
  const below = at("file/in");
  for (const [args, sentence] of [
    [["report", below], /: no such file or directory, expected the directory of a run or of a study; /],
    [["list", below], /: no such directory, expected a directory with runs; /],
    [
      ["train", "--data", "cifar10", "--data-dir", below],
      /: no such file or directory, expected the directory of /,
    ],
  ] as const) {
    const { code, err } = await answerTo(args);
    assert.is(code, 2, err);
    assert.match(err, sentence);
  }
});

test.run();
