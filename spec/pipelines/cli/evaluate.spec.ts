/** @file `rangeflow evaluate`: what it prints, and what it refuses. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, small, stoppedAfter } from "../runs.ts";

const test = suite("rangeflow evaluate");
const home = scratch();
const whole = join(home, "whole");
const done = await doneOf(small, { out: whole });

test("the score is that of the run's end, as a line and as JSON", async () => {
  const { code, out } = await answerTo(["evaluate", whole]);
  assert.is(code, 0);
  const [, score, loss] =
    /^step 20: test accuracy (\S+) % {2}loss (\d\.\d{4}) {2}40 test samples\n$/.exec(out) ?? [];
  assert.is(Number(score), 100 * done.score, out);
  const printed = JSON.parse((await answerTo(["evaluate", whole, "--json"])).out);
  assert.equal(
    { ...printed, testLoss: printed.testLoss.toFixed(4) },
    { event: "evaluated", step: 20, images: 40, testLoss: loss, metric: "accuracy", testScore: done.score },
  );
});

test("another engine gives the same score", async () => {
  const [simd, reference] = await Promise.all(
    ["simd", "reference"].map((engine) => answerTo(["evaluate", whole, "--engine", engine, "--json"])),
  );
  assert.is(reference?.out, simd?.out);
});

test("a run that was stopped is judged by its last checkpoint", async () => {
  const dir = join(home, "stopped");
  await stoppedAfter(14, dir);
  const { step } = JSON.parse((await answerTo(["evaluate", dir, "--json"])).out);
  assert.ok(step > 0 && step < 20, `${step}`);
});

test("what is missing, or differs from the run, is refused", async () => {
  const refusals = [
    [["evaluate"], /^rangeflow evaluate: no directory, expected rangeflow evaluate DIR/],
    [["evaluate", join(home, "nowhere")], /nowhere.*does not exist/],
    [["evaluate", whole, "--seed", "7"], /^evaluate: --seed 7, expected 1 as in the saved run/],
    [["evaluate", whole, "nonsense"], /argument "nonsense", expected a file that exports an experiment/],
  ] as const;
  for (const [line, sentence] of refusals) {
    const { code, err } = await answerTo(line);
    assert.is(code, 2, err);
    assert.match(err, sentence);
  }
});

test.run();
