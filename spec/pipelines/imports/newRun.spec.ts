/** @file Runs that are there as a whole or not at all. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cannotWrite } from "../../../pipelines/files/fileErrors.ts";
import { writeRun } from "../../../pipelines/imports/newRun.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";

const test = suite("new run");

test("a full disk is told of the path that was named, and leaves nothing behind", () => {
  const home = scratch();
  const out = join(home, "run");
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  assert.is(
    sentenceOf(() =>
      writeRun(out, (dir) => {
        throw cannotWrite(join(dir, "ranges", "000000.arrows"), full);
      }),
    ),
    `${out}: it cannot be written (no space left on the disk), expected a writable disk with space; free space, or name another --out.`,
  );
  assert.equal(readdirSync(home), []);
});

test.run();
