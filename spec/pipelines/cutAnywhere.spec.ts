/** @file Cut anywhere and resumed, a run counts what one counts that was not: `done.json` and epochs are equal, times aside. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Signal } from "../../core/signal.ts";
import { doneRecordIn } from "../../pipelines/runs/doneRecord.ts";
import type { TrainEvent } from "../../pipelines/runs/events.ts";
import { loadRun } from "../../pipelines/runs/runDirectory.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import { scratch } from "./files/scratch.ts";
import { doneIn, eventsOf, sameRows, small, stopsAfter } from "./runs.ts";

const test = suite("cut anywhere");

const home = scratch();

/** Events of a run at its end and after each epoch, without times and places. */
const told = (events: readonly TrainEvent[]): readonly object[] =>
  events.flatMap((event) => {
    if (event.event !== "epoch" && event.event !== "done") return [];
    const { imagesPerSecond: _, ...rest } = event;
    return [{ ...rest, seconds: 0, out: null }];
  });

/** Two epochs of 4 steps and 2 test batches; sums overflow, and gradients are zero now and then. */
const faulty: Partial<Settings> = {
  ...small,
  limit: 64,
  testLimit: 32,
  accumulator: "8:wrap:all",
  rangeAt: ["*/gradient=fixed:lo=-30,hi=30"],
};

const whole = join(home, "whole");
const expected = await eventsOf(faulty, { out: whole });
const { faults, accumulators } = doneIn(expected);
assert.ok(faults > 0 && accumulators.length > 0);

test("counts of the run and of its epochs survive stops in training, in evaluation and between epochs", async () => {
  const cut = join(home, "cut");
  const events: TrainEvent[] = [];
  // In the first epoch, in its evaluation, between the epochs, in the second, and before the last batch.
  for (const n of [2, 3, 1, 2, 3])
    events.push(
      ...(await eventsOf(existsSync(cut) ? {} : faulty, {
        out: cut,
        resume: existsSync(cut),
        ...stopsAfter(n),
      })),
    );
  events.push(...(await eventsOf({}, { out: cut, resume: true })));
  assert.equal(told(events), told(expected));
  sameRows(cut, whole);
  const recorded = (dir: string): object => {
    const { provenance: _, done, ...rest } = doneRecordIn(dir)!;
    return { ...rest, done: told([done]) };
  };
  assert.equal(recorded(cut), recorded(whole));
  assert.is(loadRun(cut).progress.trained.images, 2 * 64, "images of training are those of all parts");
});

test("what a process did beyond its last checkpoint, before it broke off, is not counted", async () => {
  const dir = join(home, "broken");
  let batches = 0;
  const breaks = (signal: Signal): void => {
    if (signal._tag === "Activation" && ++batches === 9) throw new Error("broken off");
  };
  await eventsOf(faulty, { out: dir, tap: breaks }).catch(() => {});
  assert.is(loadRun(dir).step, 4);
  const done = doneIn(await eventsOf({}, { out: dir, resume: true }));
  assert.equal([done.faults, done.accumulators, done.roles], [faults, accumulators, doneIn(expected).roles]);
});

test("a run that has ended says again at what speed it trained", async () => {
  const dir = join(home, "speed");
  const done = doneIn(await eventsOf({ ...faulty, epochs: 1 }, { out: dir }));
  assert.ok(done.imagesPerSecond > 0);
  assert.is(doneIn(await eventsOf({}, { out: dir, resume: true })).imagesPerSecond, done.imagesPerSecond);
});

test.run();
