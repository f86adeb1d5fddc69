/** @file A disk that is full: a small one, mounted for this spec where that is allowed. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventLog, readEventLog } from "../../../pipelines/files/eventLog.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, rangeflow, small, smallArgs } from "../runs.ts";

const test = suite("full disk");
const train = ["train", ...smallArgs];

const mount = (dir: string): boolean =>
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=1200k", "tmpfs", dir], { stdio: "ignore" }).status === 0;

const disk = join(scratch(), "disk");
mkdirSync(disk);
if (mount(disk)) {
  test("a disk that is full: nothing of a run that could not start, else what was whole before", async () => {
    try {
      // A checkpoint has 0.5 MB, so that there is space for the first and the one that follows, but not for more ballast.
      const ballast = join(disk, "ballast");
      writeFileSync(ballast, new Uint8Array(800_000));
      const first = await rangeflow([...train, "--out", join(disk, "a")]);
      assert.match(
        first.err,
        /^\S+checkpoint\.safetensors: cannot be written \(no space left on the disk\), expected /,
      );
      assert.is(first.code, 2);
      assert.equal(readdirSync(disk), ["ballast"]);

      writeFileSync(ballast, new Uint8Array(500_000));
      const second = await rangeflow([...train, "--out", join(disk, "b")]);
      assert.match(second.err, /^\S+: cannot be written \(no space left on the disk\), expected .*\n$/);
      assert.is(second.code, 2);
      assert.equal(readdirSync(join(disk, "b")).sort(), ["checkpoint.safetensors", "events.jsonl", "ranges"]);

      writeFileSync(ballast, new Uint8Array());
      const resumed = await rangeflow(["train", "--resume", "--json", "--out", join(disk, "b")]);
      assert.is(resumed.code, 0, resumed.err);
      const { weightsSha256 } = await doneOf(small);
      assert.match(resumed.out, new RegExp(weightsSha256));
    } finally {
      spawnSync("umount", [disk]);
    }
  });

  test("a log that did not fit is not torn: what is written later stays away, and its whole lines are read", () => {
    const disk = scratch();
    assert.is(spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]).status, 0);
    try {
      const [ballast, path] = [join(disk, "ballast"), join(disk, "events.jsonl")];
      writeFileSync(ballast, new Uint8Array(240_000));
      const log = eventLog(path, () => 0);
      const append = (count: number): void => {
        for (let step = 0; step < count; step++) log.append({ event: "step", step, loss: 1 / 3 });
      };
      append(1000);
      assert.throws(log.flush, /events\.jsonl: cannot be written \(no space left on the disk\)/);
      rmSync(ballast);
      append(10);
      assert.throws(log.flush, /no space left on the disk/);
      assert.throws(log.close, /no space left on the disk/);
      const steps = readEventLog(path).map(({ step }) => step);
      assert.ok(steps.length > 100 && steps.length < 1000, `${steps.length}`);
      assert.equal(
        steps,
        steps.map((_, i) => i),
      );
    } finally {
      spawnSync("umount", [disk]);
    }
  });
} else test.skip("a full disk needs the right to mount a small one", () => {});

test.run();
