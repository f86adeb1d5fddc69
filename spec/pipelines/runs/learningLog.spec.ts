/** @file The log of learning: one line a step with its loss and rate, one an epoch, the same after any stop. */
import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { watchedRun } from "../../../pipelines/live/watchedRun.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { learningLogIn, readLearningLog } from "../../../pipelines/runs/learningLog.ts";
import { listedRun } from "../../../pipelines/runs/listedRun.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("learningLog");

const home = scratch();
const whole = join(home, "whole");
const events = await eventsOf({ ...small, histogramEvery: 0, sqnrEvery: 4 }, { out: whole });
const lines = readLearningLog(whole);

/** Lines without speeds, which are no part of a run. */
const timeless = (dir: string): unknown =>
  readLearningLog(dir).map((line) => ("imagesPerSecond" in line ? { ...line, imagesPerSecond: 0 } : line));

test("every step has its loss and its learning rate, and the mean of an epoch is the epoch's loss", () => {
  const steps = lines.flatMap((line) => (line.event === "step" ? [line] : []));
  assert.equal(
    steps.map(({ step }) => step),
    Array.from({ length: 20 }, (_, i) => i),
  );
  const epochs = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
  epochs.forEach(({ loss, learningRate }, e) => {
    const those = steps.slice(10 * e, 10 * e + 10);
    assert.ok(Math.abs(those.reduce((sum, { loss }) => sum + loss, 0) / 10 - loss) < 1e-12);
    assert.is(those.at(-1)?.learningRate, learningRate);
  });
});

test("steps are told as they are logged, with the mean loss of the epoch so far", () => {
  const told = events.flatMap((event) => (event.event === "step" ? [event] : []));
  const logged = lines.flatMap((line) => (line.event === "step" ? [line] : []));
  assert.equal(
    told.map(({ step, loss, learningRate }) => ({ event: "step", step: step - 1, loss, learningRate })),
    logged,
  );
  told.forEach(({ step, epoch, epochLoss }) => {
    const those = logged.slice(10 * (epoch - 1), step).map(({ loss }) => loss);
    assert.ok(Math.abs(those.reduce((sum, loss) => sum + loss, 0) / those.length - epochLoss) < 1e-12);
  });
});

test("epochs stand there as they were told, with the steps up to their ends", () => {
  const told = events.flatMap((event) => (event.event === "epoch" ? [event] : []));
  const logged = lines.flatMap((line) => (line.event === "epoch" ? [line] : []));
  assert.equal(
    logged,
    told.map((event, i) => ({ ...event, steps: 10 * (i + 1) })),
  );
});

test("signal-to-noise ratios stand there where they are measured", () => {
  const sqnr = lines.flatMap((line) => (line.event === "sqnr" ? [line] : []));
  assert.equal([...new Set(sqnr.map(({ step }) => step))], [0, 4, 8, 12, 16]);
  assert.ok(sqnr.every(({ sqnr }) => sqnr > 5 && sqnr < 80));
});

for (const batch of [1, 7, 11, 13, 25])
  test(`a run that stopped before batch ${batch} and went on has the log of one that did not, half a line dropped`, async () => {
    const out = join(home, `stopped${batch}`);
    await eventsOf({ ...small, sqnrEvery: 4 }, { out, ...stopsAfter(batch) });
    appendFileSync(learningLogIn(out), '{"event":"step","step":99,"loss":1,"learningRate":1}\n{"event":"st');
    await eventsOf({ ...small, sqnrEvery: 4 }, { out, resume: true });
    assert.equal(timeless(out), timeless(whole));
    assert.ok(readFileSync(learningLogIn(out), "utf8").endsWith("\n"));
  });

test("a run that has failed says why, as its error does, until it goes on", async () => {
  const out = join(home, "failed");
  // The update that ends step 11 is told with the number of updates by then, 12.
  const limit = (signal: { readonly step: number }): void => {
    if (signal.step === 12) throw new Error("no more");
  };
  const error = await eventsOf({ ...small, sqnrEvery: 4 }, { out, tap: limit }).catch(
    (error: Error) => error,
  );
  assert.instance(error, Error);
  const last = readLearningLog(out).at(-1);
  assert.equal(last, { event: "failed", step: 11, why: (error as Error).message });
  const view = readRunView(out);
  assert.equal([view.state, view.failure, view.steps], ["open", (error as Error).message, 12]);
  assert.is(readRunView(whole).failure, undefined);
  const listed = listedRun(out);
  assert.equal(
    [listed.state, "why" in listed && listed.why, listed.step],
    ["failed", (error as Error).message, 11],
  );
  const { status } = watchedRun(out)();
  assert.equal(status, { state: "failed", text: `failed: ${(error as Error).message}` });
  await eventsOf({ ...small, sqnrEvery: 4 }, { out, resume: true });
  assert.equal(timeless(out), timeless(whole));
});

test("a run that fails behind its last step, where its recording is looked at, says why, too", async () => {
  const out = join(home, "cut");
  const lose = (signal: { readonly step: number }): void => {
    if (signal.step === 20) rmSync(join(out, "ranges"), { recursive: true, force: true });
  };
  const error = await eventsOf(small, { out, tap: lose }).catch((error: Error) => error);
  assert.instance(error, Error);
  const why = (error as Error).message;
  assert.equal(readLearningLog(out).at(-1), { event: "failed", step: 20, why });
  assert.is(listedRun(out).state, "failed");
});

test.run();
