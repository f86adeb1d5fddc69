import { spawn } from "node:child_process";
import { existsSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { uptime } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { lockOf } from "../../../pipelines/studies/lock.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("the lock of a study");

const held = (holder: unknown): string => {
  const out = scratch();
  writeFileSync(join(out, "lock.json"), JSON.stringify(holder));
  return out;
};

/** A process that ends after so many milliseconds. */
const processFor = (milliseconds: number) =>
  spawn(process.execPath, ["-e", `setTimeout(() => {}, ${milliseconds})`]);

const ended = async (): Promise<number> => {
  const child = processFor(0);
  await new Promise((resolve) => child.on("close", resolve));
  return child.pid!;
};

test("a directory belongs to one process, until it is released", async () => {
  const out = join(scratch(), "new/study");
  const lock = await lockOf(out);
  try {
    await lockOf(out);
    assert.unreachable("taken twice");
  } catch (error) {
    assert.instance(error, RangeflowFailure);
    assert.match(
      (error as RangeflowFailure).message,
      new RegExp(
        `^--out: ${out} is in use by process ${process.pid}, expected a study that no other process works on; `,
      ),
    );
  }
  lock.workers([1, 2]);
  assert.equal(JSON.parse(readFileSync(join(out, "lock.json"), "utf8")), {
    pid: process.pid,
    workers: [1, 2],
  });
  lock.release();
  assert.not(existsSync(join(out, "lock.json")));
  (await lockOf(out)).release();
});

test("the lock of a process that was killed counts for nothing, nor one that was cut off", async () => {
  (await lockOf(held({ pid: await ended(), workers: [] }))).release();
  (await lockOf(held("{"))).release();
});

test("but its workers are waited for", async () => {
  const worker = processFor(400);
  let isGone = false;
  worker.on("exit", () => {
    isGone = true;
  });
  const lock = await lockOf(held({ pid: await ended(), workers: [worker.pid] }));
  assert.ok(isGone);
  lock.release();
});

test("numbers from before the machine was started mean other processes now", async () => {
  const out = held({ pid: process.pid, workers: [process.pid] });
  const before = Date.now() / 1000 - uptime() - 60;
  utimesSync(join(out, "lock.json"), before, before);
  (await lockOf(out)).release();
});

test.run();
