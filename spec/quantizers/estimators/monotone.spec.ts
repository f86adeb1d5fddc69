/** @file The law of monotone estimators: tensors within others are answered by ranges within those of the others. */

import fc from "fast-check";
import { from } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Range, RangeStat } from "../../../core/range.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { delayedScaling } from "../../../quantizers/estimators/delayedScaling.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { frozenAfter } from "../../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../../quantizers/estimators/inPhases.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";

const test = suite("monotone estimators");

const end = fc.double({ min: 0, max: 8, noNaN: true });

/** Sequences of tensors, each inside of its counterpart: the middle between their ends may lie anywhere. */
const nested = fc.array(
  fc.record({
    middle: fc.double({ min: -4, max: 4, noNaN: true }),
    near: fc.tuple(end, end),
    more: fc.tuple(end, end),
  }),
  { minLength: 1, maxLength: 12 },
);

const statOf = (min: number, max: number): RangeStat => ({ min, max, count: 8, nonFinite: 0 });

const answers = (estimator: RangeEstimator, stats: readonly RangeStat[]): readonly Range[] => {
  const ranges: Range[] = [];
  from(stats)
    .pipe(estimator)
    .subscribe((range) => ranges.push(range));
  return ranges;
};

const monotone = [
  currentMinMax(),
  runningMinMax({ decay: 0.3 }),
  inHindsight(),
  inHindsight({ decay: 0.5, first: { lo: -1, hi: 1 } }),
  inHindsight(runningMinMax()),
  delayedScaling({ length: 3 }),
  delayedScaling({ reducer: "mostRecent", margin: 1, first: { lo: -2, hi: 2 } }),
  frozenAfter(2, currentMinMax()),
  heldFor(2, runningMinMax()),
  inPhases(2, currentMinMax(), inHindsight()),
  fixed({ lo: -1, hi: 2 }),
];

for (const estimator of monotone)
  test(`${estimator.name} says that it is, and answers tensors within others by ranges within theirs`, () => {
    assert.is(estimator.isMonotone, true);
    fc.assert(
      fc.property(nested, (tensors) => {
        const inner = tensors.map(({ middle, near: [a, b] }) => statOf(middle - a, middle + b));
        const outer = tensors.map(({ middle, near: [a, b], more: [c, d] }) =>
          statOf(middle - a - c, middle + b + d),
        );
        const [narrow, wide] = [answers(estimator, inner), answers(estimator, outer)];
        assert.is(narrow.length, wide.length);
        for (const [i, { lo, hi }] of narrow.entries())
          assert.ok(wide[i]!.lo <= lo && hi <= wide[i]!.hi, `range ${i}`);
      }),
      { numRuns: 200 },
    );
  });

test("what is made of an estimator that measures does not say so", () => {
  for (const estimator of [
    percentile(),
    inHindsight(percentile()),
    frozenAfter(3, percentile()),
    heldFor(3, percentile()),
    inPhases(2, currentMinMax(), percentile()),
    inPhases(2, percentile(), currentMinMax()),
  ])
    assert.not(estimator.isMonotone);
});

test.run();
