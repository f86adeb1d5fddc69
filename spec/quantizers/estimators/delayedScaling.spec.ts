/** @file Delayed scaling: the numbers of docs/methods.md section 8.4, and what it has in common with in-hindsight min-max. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeStat } from "../../../core/range.ts";
import { delayedScaling } from "../../../quantizers/estimators/delayedScaling.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { allClose } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { forAll, runsOfStats } from "../../support/lawful.ts";

const test = suite("delayedScaling");

const amaxes = [1, 4, 2, 0.5, 3, 0.25, 0.25, 0].map(
  (amax): RangeStat => ({ min: -amax, max: amax / 2, count: 4, nonFinite: 0 }),
);
const first = { lo: -127, hi: 127 };

/** The scales that 127 steps make of the ranges. */
const scales = (reducer: "max" | "mostRecent"): readonly number[] =>
  used(delayedScaling({ length: 4, reducer, first }), amaxes).map(({ range }) => 127 / range.hi);

test("the largest of the last four", () =>
  allClose(scales("max"), [1, 127, 31.75, 31.75, 31.75, 31.75, 42.333333, 42.333333], 5e-7));

test("the most recent", () =>
  allClose(scales("mostRecent"), [1, 127, 31.75, 63.5, 254, 42.333333, 508, 508], 5e-7));

test("a margin widens by powers of two", () => {
  const plain = used(delayedScaling({ length: 4 }), amaxes);
  const wide = used(delayedScaling({ length: 4, margin: 3 }), amaxes);
  for (const [n, { range }] of plain.entries()) assert.is(wide[n]!.range.hi, 8 * range.hi);
});

test("the most recent is in-hindsight of decay 0, made symmetric", () =>
  forAll(runsOfStats, (stats) => {
    const recent = used(delayedScaling({ length: 1 }), stats);
    const hindsight = used(inHindsight({ decay: 0 }), stats);
    for (const [n, { range }] of hindsight.entries()) {
      const bound = Math.max(-range.lo, range.hi);
      assert.equal(recent[n]!.range, { lo: -bound, hi: bound });
    }
    assert.equal(used(delayedScaling({ reducer: "mostRecent" }), stats), recent);
  }));

test("the largest of so many is found as by looking through them all", () =>
  forAll(runsOfStats, (stats) => {
    for (const length of [1, 2, 3, 5]) {
      const found = used(delayedScaling({ length }), stats).map(({ range }) => range.hi);
      const amax = stats.map(({ min, max }) => Math.max(Math.abs(min), Math.abs(max)));
      const expected = amax.map((_, n) => Math.max(...amax.slice(Math.max(n - length, 0), Math.max(n, 1))));
      assert.equal(found, expected);
    }
  }));

test.run();
