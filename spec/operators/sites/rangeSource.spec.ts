/** @file Ranges are counted and not timed: what is ahead, what is newest, and what a resumed site has to answer again. */

import { setTimeout as pauseFor } from "node:timers/promises";
import {
  asapScheduler,
  asyncScheduler,
  concatMap,
  delay,
  from,
  map,
  NEVER,
  type Observable,
  observeOn,
  of,
  range,
  timeout,
  timer,
} from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { observedRange, type Range, type RangeStat } from "../../../core/range.ts";
import type { Recorded } from "../../../operators/module/module.ts";
import { type RangeSource, rangeSource } from "../../../operators/sites/rangeSource.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { failureOf } from "../../support/failureOf.ts";
import { testScope } from "../../support/testScope.ts";

const test = suite("rangeSource");

const impatient = <T>(answer$: Observable<T>): Observable<T> => answer$.pipe(timeout(300));

const opened = (estimator: RangeEstimator, past: readonly Recorded[] = []): RangeSource =>
  rangeSource(
    "conv1/input",
    { name: "mine", estimator },
    testScope({ history: () => past, patience: impatient }),
  );

const stats = [4, 1, 3, 2, 8, 5].map((n): RangeStat => ({ min: -n, max: n, count: 9, nonFinite: 0 }));

/** Codes that a site makes of each tensor, and what it records of it. */
const trained = async (
  source: RangeSource,
  some: readonly RangeStat[],
  from = 0,
): Promise<readonly Recorded[]> => {
  const rows: Recorded[] = [];
  await source.ready();
  for (const [n, stat] of some.entries()) {
    const step = from + n;
    const ahead = source.ahead(0);
    if (ahead) source.useAhead(stat, step);
    const range = ahead ?? (await source.ask(stat, step));
    rows.push({ site: "conv1/input", step, stat, range, isStatic: ahead !== undefined });
  }
  return rows;
};

const late: Readonly<Record<string, (estimator: RangeEstimator) => RangeEstimator>> = {
  "at once": (estimator) => estimator,
  "a microtask late": (estimator) => (observed$) => estimator(observed$).pipe(observeOn(asapScheduler)),
  "a promise late": (estimator) => (observed$) =>
    estimator(observed$).pipe(concatMap((range) => from(Promise.resolve(range)))),
  "a timer late": (estimator) => (observed$) => estimator(observed$).pipe(observeOn(asyncScheduler)),
  "some milliseconds late": (estimator) => (observed$) =>
    estimator(observed$).pipe(concatMap((range) => of(range).pipe(delay(3)))),
};

const estimators: Readonly<Record<string, RangeEstimator>> = {
  currentMinMax: currentMinMax(),
  inHindsight: inHindsight({ decay: 0.5 }),
  "inHindsight with a first range": inHindsight({ decay: 0.5, first: { lo: -1, hi: 1 } }),
};

for (const [when, delayed] of Object.entries(late))
  for (const [name, estimator] of Object.entries(estimators))
    test(`${name}, ${when}: the newest range is the same at once, after a while, and in a run that was resumed`, async () => {
      const mine = delayed(estimator);
      const source = opened(mine);
      const rows: Recorded[] = [];
      for (const [n, stat] of stats.entries()) {
        rows.push(...(await trained(source, [stat], n)));
        const newest = source.newest(0);
        // At once, what leads is ahead; late, the newest tensor is the one that has its range.
        const expected = when === "at once" ? (source.ahead(0) ?? rows[n]!.range) : rows[n]!.range;
        assert.equal(newest, expected);
        await pauseFor(8);
        assert.equal(source.newest(0), newest, `tensor ${n}, after a while`);
        const resumed = opened(mine, rows);
        await resumed.ready();
        assert.equal(resumed.newest(0), newest, `tensor ${n}, resumed`);
        resumed.unsubscribe();
      }
      // Whether a tensor waits for its range does not depend on how long the run took.
      assert.equal(rows, await trained(opened(mine), stats));
      const half = opened(mine, rows.slice(0, 3));
      assert.equal(await trained(half, stats.slice(3), 3), rows.slice(3));
    });

test("ranges that come by themselves serve the tensors that they are for, and are never ahead", async () => {
  const planned: readonly Range[] = stats.map((_, n) => ({ lo: -n, hi: n }));
  const source = opened(() => timer(0, 1).pipe(map((n) => planned[n]!)));
  await pauseFor(20);
  assert.is(source.ahead(0), undefined);
  const rows = await trained(source, stats.slice(0, 3));
  assert.equal(
    rows.map(({ range }) => range),
    planned.slice(0, 3),
  );
  assert.equal(source.newest(0), planned[2]);
  source.unsubscribe();
});

test("before the first tensor the newest range is the one ahead, or none", () => {
  assert.equal(opened(fixed({ lo: -2, hi: 3 })).newest(0), { lo: -2, hi: 3 });
  assert.is(opened(currentMinMax()).newest(0), undefined);
});

const recorded = await trained(opened(inHindsight()), stats);

test("an estimator that answers its past otherwise than was recorded is refused by site, step, name and both ranges", async () => {
  const hint =
    "as recorded; the estimator is not the one that the run was recorded with, or it is not deterministic.";
  assert.is(
    await failureOf(() => opened(inHindsight({ decay: 0.5 }), recorded).ready()),
    `conv1/input, step 2: estimator mine replays to [-2.5, 2.5] before its tensor, expected [-3.7, 3.7] before its tensor, ${hint}`,
  );
  assert.is(
    await failureOf(() => opened(currentMinMax(), recorded).ready()),
    `conv1/input, step 1: estimator mine replays to [-1, 1] after its tensor, expected [-4, 4] before its tensor, ${hint}`,
  );
  const lastPlace = recorded.with(4, { ...recorded[4]!, range: { lo: -3.3500000000000005, hi: 3.35 } });
  assert.match(await failureOf(() => opened(inHindsight(), lastPlace).ready()), /^conv1\/input, step 4: /);
});

test("answers to the past may come late, are waited for as long as others, and are checked all the same", async () => {
  for (const delayed of Object.values(late).slice(1)) {
    const rows = await trained(opened(delayed(currentMinMax())), stats);
    await opened(delayed(currentMinMax()), rows).ready();
    const other: RangeEstimator = (observed$) => observed$.pipe(map(({ min }) => ({ lo: min, hi: 9 })));
    assert.match(
      await failureOf(() => opened(delayed(other), rows).ready()),
      /^conv1\/input, step 0: estimator mine replays to \[-4, 9\] after its tensor, expected \[-4, 4\] after/,
    );
  }
  const rows = await trained(opened(currentMinMax()), stats);
  assert.match(
    await failureOf(() => opened(() => NEVER, rows).ready()),
    /^conv1\/input, step 0: estimator mine gave no answer: Timeout/,
  );
});

test("a past that nobody asks for any more is no unhandled failure", async () => {
  const rows = await trained(opened(currentMinMax()), stats);
  opened(() => NEVER, rows).unsubscribe();
  opened(fixed({ lo: 0, hi: 1 }), rows).unsubscribe();
  await pauseFor(5);
});

test("an estimator that emits without end is stopped, with a sentence", async () => {
  const endless: RangeEstimator = () =>
    range(0, Number.POSITIVE_INFINITY).pipe(map(() => ({ lo: -1, hi: 1 })));
  const source = opened(endless);
  assert.is(
    await failureOf(() => source.ask(stats[0]!, 0)),
    "conv1/input, step 0: estimator mine is 1048577 ranges ahead of its tensors, expected one range for every tensor.",
  );
});

test("an estimator that gives two ranges for each tensor, whose ranges are older and older, ends the run", async () => {
  const twice: RangeEstimator = (observed$) =>
    observed$.pipe(concatMap((stat) => of(observedRange(stat), observedRange(stat))));
  const many = Array.from({ length: 200 }, (_, n) => stats[n % stats.length]!);
  assert.is(
    await failureOf(() => trained(opened(twice), many)),
    "conv1/input, step 102: estimator mine gave more than one range for each of the last 101 tensors, expected one range for every tensor.",
  );
  const everyFifth: RangeEstimator = (observed$) =>
    observed$.pipe(
      concatMap((stat, n) => (n % 5 === 0 ? Array.from({ length: 5 }, () => observedRange(stat)) : [])),
    );
  assert.is((await trained(opened(everyFifth), many)).length, 200);
});

test("an estimator may give anything that RxJS takes for a stream", async () => {
  const listed = (() => [observedRange(stats[0]!), observedRange(stats[1]!)]) as unknown as RangeEstimator;
  const rows = await trained(opened(listed), stats.slice(0, 2));
  assert.equal(
    rows.map(({ range }) => range.hi),
    [4, 1],
  );
});

test.run();
