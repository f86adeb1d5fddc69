/** @file Running and in-hindsight min-max: the test vectors of docs/methods.md section 1, and how the two belong together. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { observedRange, type Range, type RangeStat } from "../../core/range.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { averagedRange, runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { allClose } from "../support/close.ts";
import { used } from "../support/estimators.ts";
import { decays, forAll, runsOfStats } from "../support/lawful.ts";

const test = suite("running and in-hindsight min-max");

const tensors: readonly RangeStat[] = [
  [-1, 2],
  [-1.5, 1],
  [-0.5, 3],
  [-2, 2.5],
  [-1, 4],
].map(([min, max]) => ({ min: min as number, max: max as number, count: 4, nonFinite: 0 }));

const ranges = (estimator: Parameters<typeof used>[0], stats: readonly RangeStat[]): readonly Range[] =>
  used(estimator, stats).map(({ range }) => range);

const flat = (some: readonly Range[]): readonly number[] => some.flatMap(({ lo, hi }) => [lo, hi]);

const running = [-1, 2, -1.05, 1.9, -0.995, 2.01, -1.0955, 2.059, -1.08595, 2.2531];

test("running, decay 0.9: the ranges of docs/methods.md section 1", () => {
  allClose(flat(ranges(runningMinMax({ decay: 0.9 }), tensors)), running, 1e-12);
});

test("in-hindsight, decay 0.9: the ranges of docs/methods.md section 1, and the next one", () => {
  const oneMore = [...tensors, tensors[0] as RangeStat];
  const expected = [-1, 2, ...running];
  allClose(flat(ranges(inHindsight({ decay: 0.9 }), oneMore)), expected, 1e-12);
});

test("0.9 is the decay of both where none is given", () => {
  assert.equal(ranges(runningMinMax(), tensors), ranges(runningMinMax({ decay: 0.9 }), tensors));
  assert.equal(ranges(inHindsight(), tensors), ranges(inHindsight({ decay: 0.9 }), tensors));
});

test("largest magnitudes 2, 1.5, 3 with decay 0.9: estimates 1.95, 2.055 after the first, as in LUQ's form", () => {
  const magnitudes = [2, 1.5, 3, 2.5].map((m): RangeStat => ({ min: -m, max: m, count: 4, nonFinite: 0 }));
  const estimates = ranges(inHindsight({ decay: 0.9, first: { lo: -2, hi: 2 } }), magnitudes).map(
    ({ hi }) => hi,
  );
  allClose(estimates, [2, 2, 1.95, 2.055], 1e-12);
  allClose(
    ranges(runningMinMax({ decay: 0.9 }), magnitudes).map(({ hi }) => hi),
    [2, 1.95, 2.055, 2.0995],
    1e-12,
  );
});

test("in-hindsight at n is running min-max at n - 1, with the same decay", () =>
  forAll(fc.tuple(runsOfStats, decays), ([stats, decay]) => {
    const late = ranges(inHindsight({ decay }), stats);
    const now = ranges(runningMinMax({ decay }), stats);
    assert.equal(late.slice(1), now.slice(0, -1));
    assert.equal(late[0], now[0]);
  }));

test("decay 0: the range of the tensor before", () =>
  forAll(runsOfStats, (stats) => {
    const late = ranges(inHindsight({ decay: 0 }), stats);
    assert.equal(late.slice(1), stats.slice(0, -1).map(observedRange));
    assert.equal(late, ranges(inHindsight(currentMinMax()), stats));
  }));

test("decay 1: a calibration that never changes", () =>
  forAll(runsOfStats, (stats) => {
    const first = { lo: -3, hi: 5 };
    for (const range of ranges(inHindsight({ decay: 1, first }), stats)) assert.equal(range, first);
    for (const range of ranges(inHindsight({ decay: 1 }), stats))
      assert.equal(range, observedRange(stats[0]!));
  }));

test("a calibrated range is for the first tensor, and the past of the average", () => {
  const first = { lo: -8, hi: 8 };
  const found = ranges(inHindsight({ decay: 0.5, first }), tensors.slice(0, 3));
  assert.equal(found, [first, { lo: -4.5, hi: 5 }, { lo: -3, hi: 3 }]);
});

test("the average is a fold: its state can be saved as JSON and taken up again", () =>
  forAll(fc.tuple(runsOfStats, decays), ([stats, decay]) => {
    const { init, step, read } = averagedRange(decay);
    const half = Math.floor(stats.length / 2);
    const saved = JSON.parse(JSON.stringify(stats.slice(0, half).reduce(step, init)));
    assert.equal(read(stats.slice(half).reduce(step, saved)), read(stats.reduce(step, init)));
  }));

test("the average of nothing is the range of zeros", () => {
  const { init, read } = averagedRange(0.9);
  assert.equal(read(init), { lo: 0, hi: 0 });
});

test.run();
