/** @file Snapshots: a run is copied whole while another process writes to it. */
import { appendFileSync, mkdirSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lookAtRun } from "../../../pipelines/runs/runDirectory.ts";
import { completeContents, recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { snapshotOf } from "../../../pipelines/stores/snapshot.ts";
import { takeOver } from "../../../pipelines/stores/takeOver.ts";
import { scratch } from "../files/scratch.ts";
import { rangeflow, smallArgs } from "../runs.ts";

const test = suite("snapshots");

/** A directory with files of these paths, each of which holds its path. */
const directoryWith = (...paths: readonly string[]): string => {
  const dir = scratch();
  mkdirSync(join(dir, "ranges"));
  for (const path of paths) writeFileSync(join(dir, path), path);
  return dir;
};

const pathsIn = async (dir: string): Promise<readonly string[] | undefined> => {
  const snapshot = await snapshotOf(dir);
  snapshot?.close();
  return snapshot?.files.map(({ path }) => path);
};

const checkpoint = "checkpoint.safetensors";

test("nothing can go on without a checkpoint", async () => {
  assert.is(await snapshotOf(directoryWith("events.jsonl")), undefined);
  assert.is(await snapshotOf(join(scratch(), "none")), undefined);
});

test("sums come before data and the checkpoint comes last; locks and what is on its way stay", async () => {
  const dir = directoryWith(
    ...[
      checkpoint,
      `${checkpoint}.1-0123456789abcdef.partial`,
      "events.jsonl",
      "lock.json",
      "lock.json.token",
    ],
    ...["ranges/000000.arrows", "ranges/000000.sums", "ranges/000001.arrows.partial"],
  );
  assert.equal(await pathsIn(dir), [
    ...["ranges/000000.sums", "events.jsonl", "ranges/000000.arrows"],
    checkpoint,
  ]);
});

test("sums whose data are on their way out are no part of a recording", async () => {
  const dir = directoryWith(
    ...[checkpoint, "ranges/000000.sums", "ranges/000000.arrows.partial"],
    ...["ranges/000001.sums", "ranges/000001.arrows"],
  );
  assert.equal(await pathsIn(dir), ["ranges/000001.sums", "ranges/000001.arrows", checkpoint]);
});

test("files stay what they were while their names and ends change", async () => {
  const dir = directoryWith(checkpoint, "events.jsonl");
  const snapshot = (await snapshotOf(dir))!;
  writeFileSync(join(dir, "next"), "another checkpoint");
  renameSync(join(dir, "next"), join(dir, checkpoint));
  appendFileSync(join(dir, "events.jsonl"), "one more line");
  const texts = snapshot.files.map(({ read, size }) => Buffer.from(read(0, size)).toString());
  assert.equal(texts, ["events.jsonl", checkpoint]);
  snapshot.close();
});

test("every copy of a run that is trained, stopped and resumed meanwhile has all that its checkpoint needs", async () => {
  const dir = join(scratch(), "run");
  let isOver = false;
  const trained = async (): Promise<void> => {
    for (const more of [[], ["--resume"], ["--resume"]]) {
      const kill = { signal: "SIGINT", dir, chunks: 3 } as const;
      await rangeflow(["train", ...smallArgs, "--epochs", "8", "--out", dir, ...more], { kill });
    }
    isOver = true;
  };
  const training = trained();
  const steps = new Set<number>();
  let copies = 0;
  while (!isOver) {
    const copy = scratch();
    if (await takeOver(dir, copy)) {
      const { step } = lookAtRun(copy);
      if (step > 0) completeContents(recordingOf(copy), step);
      steps.add(step);
      copies++;
      assert.not.ok(readdirSync(copy).includes("lock.json"));
    }
    await sleep(1);
  }
  await training;
  assert.ok(steps.size >= 3 && copies > 20, `${copies} copies at ${[...steps]}`);
});

test.run();
