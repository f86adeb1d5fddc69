/** @file A resumed run holds what its estimators answer to the recorded past against the recorded ranges. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { asapScheduler, concatMap, firstValueFrom, map, type Observable, observeOn, of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range, RangeStat } from "../../core/range.ts";
import { evaluate } from "../../pipelines/runs/evaluate.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { failureOf } from "../support/failureOf.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, eventsOf, sameRows, small, stopsAfter, withEstimators } from "./runs.ts";

const test = suite("resume checks answers");

const home = scratch();
const settings = { ...small, limit: 192, epochs: 1 };
const named = (estimator: RangeEstimator) => ({ activation: { name: "mine", estimator } });

/** Ranges that the look at an estimator does not reach, by which a run in code knows it. */
const first = 7;

/** An estimator whose answers are changed behind the first ones. */
const varied =
  (estimator: RangeEstimator, change: (range: Range) => Observable<Range> = of): RangeEstimator =>
  (observed$) =>
    estimator(observed$).pipe(concatMap((range, n) => (n < first ? of(range) : change(range))));
const estimators = named(varied(inHindsight()));

const whole = join(home, "whole");
const expected = await doneOf(settings, { out: whole, estimators });
const stopped = join(home, "stopped");
await eventsOf(settings, { out: stopped, estimators, ...stopsAfter(10) });

/** Estimators of the same name and text that are not the one that the run began with. */
const others: Readonly<Record<string, RangeEstimator>> = {
  "another range": varied(inHindsight(), ({ lo, hi }) => of({ lo, hi: 2 * hi })),
  "as late, and a last place apart": varied(inHindsight(), ({ lo, hi }) =>
    of({ lo, hi: hi * (1 + Number.EPSILON) }),
  ),
  "a moment later": varied(inHindsight(), (range) => of(range).pipe(observeOn(asapScheduler))),
  "not deterministic": varied(inHindsight(), ({ lo, hi }) => of({ lo, hi: hi + performance.now() })),
};

for (const [name, estimator] of Object.entries(others))
  test(`an estimator that does not answer as recorded is refused: ${name}; the run can still go on with its own`, async () => {
    const out = join(home, name);
    cpSync(stopped, out, { recursive: true });
    const refusal =
      /^(conv|dense)\d\/input, step [6-9]: estimator mine replays to \[\S+, \S+\] (before|after) its tensor, expected \[\S+, \S+\] (before|after) its tensor, as recorded; the estimator is not the one that the run was recorded with, or it is not deterministic\.$/;
    assert.match(
      await failureOf(() => eventsOf(settings, { out, resume: true, estimators: named(estimator) })),
      refusal,
    );
    assert.match(
      await failureOf(async () =>
        firstValueFrom(evaluate(await withEstimators(settings, named(estimator)), out)),
      ),
      refusal,
    );
    const done = await doneOf(settings, { out, resume: true, estimators });
    assert.is(done.weightsSha256, expected.weightsSha256);
    sameRows(out, whole);
  });

for (const [name, estimator] of Object.entries({
  "another decay": inHindsight({ decay: 0.5 }),
  "answers of chance": (observed$: Observable<RangeStat>) =>
    inHindsight()(observed$).pipe(map(({ lo, hi }) => ({ lo, hi: hi + performance.now() }))),
}))
  test(`an estimator that answers otherwise from the start makes another run: ${name}`, async () => {
    const out = join(home, name);
    cpSync(stopped, out, { recursive: true });
    const refusal = /^--resume: values of estimators and quantizers \w+, expected \w+ as in the saved run/;
    assert.match(
      await failureOf(() => eventsOf(settings, { out, resume: true, estimators: named(varied(estimator)) })),
      refusal,
    );
  });

test.run();
