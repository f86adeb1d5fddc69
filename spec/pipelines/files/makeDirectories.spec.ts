/** @file Directories, and why they cannot be made: on a read-only file system, mounted for this spec where that is allowed. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reasonOf } from "../../../pipelines/files/fileErrors.ts";
import { makeDirectories } from "../../../pipelines/files/makeDirectories.ts";
import { ownDirectory } from "../../../pipelines/files/ownDirectory.ts";
import { scratch } from "./scratch.ts";

const test = suite("directories");
const home = scratch();

const reason = (dir: string): string => {
  try {
    makeDirectories(dir);
  } catch (error) {
    return reasonOf(error);
  }
  return "";
};

test("a directory is made with those above it, and the topmost of them is told", () => {
  const dir = join(home, "a/b/c");
  assert.is(makeDirectories(dir), join(home, "a"));
  assert.ok(existsSync(dir));
  assert.is(makeDirectories(dir), undefined);
});

test("a file in the way is told as one", () => {
  writeFileSync(join(home, "file"), "");
  assert.is(reason(join(home, "file")), "a file of that name exists");
  assert.is(reason(join(home, "file/a/b")), "part of the path is not a directory");
});

const disk = join(home, "disk");
mkdirSync(disk);
const mounts =
  spawnSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", disk], { stdio: "ignore" }).status === 0;

(mounts ? test : test.skip)(
  "a read-only file system is told as one, and not as something that does not exist",
  async () => {
    try {
      assert.is(reason(join(disk, "a")), "the file system is read-only");
      assert.is(reason(join(disk, "a/b/c")), "the file system is read-only");
      const sentence = await ownDirectory(join(disk, "a/b")).then(() => "", String);
      assert.match(
        sentence,
        /: cannot be created \(the file system is read-only\), expected a writable directory/,
      );
    } finally {
      spawnSync("umount", [disk]);
    }
  },
);

test.run();
