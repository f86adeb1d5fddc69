/** @file Runs that measure infinity: a quantizer without error has an infinite SQNR, a perfect image an infinite PSNR. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doneRecordIn, recordDone } from "../../pipelines/runs/doneRecord.ts";
import { loadRun } from "../../pipelines/runs/runDirectory.ts";
import { record, rowsOfSteps } from "./files/recordedRows.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, rowsIn, small, stoppedAfter } from "./runs.ts";

const test = suite("infinities");

const exact = { ...small, recipe: "niti", sqnrEvery: 1 } as const;

test("a run whose SQNR is infinite stops in the middle of an epoch and is resumed", async () => {
  const dir = join(scratch(), "run");
  await stoppedAfter(4, dir, exact);
  const sums = loadRun(dir).progress.epoch.metrics.map(({ sum }) => sum);
  assert.ok(sums.includes(Number.POSITIVE_INFINITY), sums.join());
  const resumed = await doneOf({}, { out: dir, resume: true });
  assert.is(resumed.weightsSha256, (await doneOf(exact)).weightsSha256);
});

test("a run that ended with an infinite PSNR has ended", async () => {
  const dir = join(scratch(), "run");
  const done = await doneOf(small, { out: dir });
  const record = doneRecordIn(dir)!;
  const perfect = {
    ...done,
    metric: "psnr",
    score: Number.POSITIVE_INFINITY,
    bestScore: Number.POSITIVE_INFINITY,
  };
  recordDone(dir, { ...record, done: perfect });
  assert.equal(doneRecordIn(dir)?.done, perfect);
});

test("measured answers are recorded whatever they are", () => {
  const dir = scratch();
  const answers = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0, 1.5];
  const [row] = rowsOfSteps(0, 1);
  record(dir, [{ ...row!, measured: { "the odd ones": answers } }]);
  const [read] = rowsIn(dir);
  assert.ok(read?.measured?.["the odd ones"]?.every((x, i) => Object.is(x, answers[i])));
});

test.run();
