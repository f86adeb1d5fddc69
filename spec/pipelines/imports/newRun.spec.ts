/** @file Runs that are there as a whole or not at all. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cannotWrite } from "../../../pipelines/files/fileErrors.ts";
import { leftBehind, writeRun } from "../../../pipelines/imports/newRun.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("new run");

test("a full disk is told of the path that was named, and leaves nothing behind", async () => {
  const home = scratch();
  const out = join(home, "run");
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  const refused = await writeRun(out, async (dir) => {
    throw cannotWrite(join(dir, "ranges", "000000.arrows"), full);
  }).catch((error: Error) => error.message);
  assert.is(
    refused,
    `${out}: cannot be written (no space left on the disk), expected a writable disk with space; free space, or name another --out.`,
  );
  assert.equal(readdirSync(home), []);
});

test("what a process that is gone has left half written is known by its name", () => {
  const home = scratch();
  const { pid } = spawnSync(process.execPath, ["--version"]);
  const hex = "0123456789abcdef";
  for (const name of [
    `run.${pid}-${hex}.partial`,
    `run.${process.pid}-${hex}.partial`,
    `other.${pid}-${hex}.partial`,
  ])
    mkdirSync(join(home, name));
  assert.equal(leftBehind(join(home, "run")), [`run.${pid}-${hex}.partial`]);
});

test.run();
