/** @file Evaluation of a saved run: the very accuracy that the run itself found, and nothing changes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asapScheduler, asyncScheduler, firstValueFrom, lastValueFrom, observeOn } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { train } from "../../../pipelines/runs/train.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { doneIn, eventsOf, sameRows, small, stopsAfter, withEstimators } from "../runs.ts";

const test = suite("evaluate");
const home = mkdtempSync(join(tmpdir(), "rangeflow-evaluate-"));
test.after(() => rmSync(home, { recursive: true }));

test("a saved run scores what it scored at its end, and evaluating writes nothing", async () => {
  const out = join(home, "run");
  const done = await lastValueFrom(
    train(builtIn({ limit: 320, testLimit: 90, epochs: 2, engine: "simd" }), { out }),
  );
  const files = () =>
    readdirSync(out, { recursive: true })
      .map(String)
      .sort()
      .filter((name) => name.includes("."))
      .map((name) => [name, readFileSync(join(out, name)).toString("base64")]);
  const before = files();
  const score = await firstValueFrom(evaluate(builtIn(), out));
  assert.is(done.event, "done");
  assert.is(score.testScore, done.event === "done" ? done.score : Number.NaN);
  assert.is(score.images, 90);
  assert.is(score.step, 10);
  assert.equal(files(), before);
});

for (const [name, when, estimator, scheduler] of [
  ["inHindsight", "a microtask", inHindsight(), asapScheduler],
  ["inHindsight", "a timer", inHindsight(), asyncScheduler],
  ["runningMinMax", "a microtask", runningMinMax(), asapScheduler],
] as const)
  test(`${name}, late by ${when}: a run, its checkpoint and a run resumed in mid-evaluation tell the same loss`, async () => {
    const later: RangeEstimator = (observed$) => estimator(observed$).pipe(observeOn(scheduler));
    const estimators = { activation: { name: "later", estimator: later } };
    const settings = { ...small, limit: 96, epochs: 1, testLimit: 64, lr: 0.1 };
    const [whole, cut] = [join(home, `${name}-${when}`), join(home, `${name}-${when}-cut`)];
    const lossIn = (events: Awaited<ReturnType<typeof eventsOf>>): number =>
      events.flatMap((event) => (event.event === "epoch" ? [event.testLoss] : []))[0] as number;
    const events = await eventsOf(settings, { out: whole, estimators });
    const score = await firstValueFrom(evaluate(await withEstimators(settings, estimators), whole));
    assert.equal([score.testLoss, score.testScore], [lossIn(events), doneIn(events).score]);
    await eventsOf(settings, { out: cut, estimators, ...stopsAfter(8) });
    const resumed = await eventsOf(settings, { out: cut, resume: true, estimators });
    assert.is(lossIn(resumed), lossIn(events));
    assert.is(doneIn(resumed).weightsSha256, doneIn(events).weightsSha256);
    assert.equal(doneIn(resumed).roles, doneIn(events).roles);
    sameRows(cut, whole);
  });

test("a directory without a run is refused", async () => {
  try {
    await firstValueFrom(evaluate(builtIn(), join(home, "nothing")));
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /nothing: no such file or directory, expected the directory of a run/,
    );
  }
});

test.run();
