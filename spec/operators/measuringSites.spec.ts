/** @file Sites whose estimators ask the tensors themselves: what they are told, what is recorded, and at what cost. */
import { map, scan } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { percentiles } from "../../core/percentiles.ts";
import { observedRange, type Range } from "../../core/range.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { measures, type RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { percentile } from "../../quantizers/estimators/percentile.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import { elements } from "../support/elements.ts";
import { gaussian } from "../support/tensors.ts";
import { batch, built, opened, quantizing, seenOf, testScope } from "../support/testScope.ts";

const test = suite("measuring sites");

const tensors = Array.from({ length: 5 }, (_, n) => gaussian([2, 3, 3, 4], `tensor ${n}`, 1 + n / 4));

const trained = (estimator: RangeEstimator, options: Partial<Quantizer> = {}) => {
  const module = quantize({ activation: "x" });
  const scope = testScope({ shape: [3, 3, 4], quantizer: quantizing(estimator, options) });
  const run = opened(built(module, scope).layer);
  return tensors.map((x, step) => seenOf(run(batch(x, { step })))[0]!);
};

const exact = (n: number): Range => {
  const values = elements(tensors[n]!);
  const [lo, hi] = percentiles({ values }, [10, 90]) as [number, number];
  return { lo, hi };
};

test("what was asked is recorded beside the facts of the site, whether the range was there before or not", () => {
  for (const [estimator, late] of [
    [percentile({ low: 10, high: 90 }), 0],
    [inHindsight(percentile({ low: 10, high: 90 })), 1],
  ] as const)
    for (const [n, { range, stat, measured }] of trained(estimator, {
      bits: 4,
      scheme: "symmetric",
    }).entries()) {
      assert.equal(range, exact(Math.max(n - late, 0)));
      const { lo, hi } = exact(n);
      assert.equal(stat.facts, { bits: 4, scheme: "symmetric" });
      assert.equal(measured, { "percentiles 10 90 of the elements": [lo, hi] });
    }
});

test("who does not say that it measures has nothing to ask, and knows the facts of its site all the same", () => {
  const curious: RangeEstimator = (observed$) =>
    observed$.pipe(
      map((stat) => {
        assert.is(stat.measure, undefined);
        return observedRange(stat);
      }),
    );
  for (const { stat, measured } of trained(curious)) {
    assert.equal(stat.facts, { bits: 8, scheme: "affine" });
    assert.is(measured, undefined);
  }
});

test("who measures without saying so is told how to say it, static or dynamic", () => {
  const averaged: RangeEstimator = (observed$) =>
    observed$.pipe(
      percentile({ low: 10, high: 90 }),
      scan((past, now) => ({ lo: (past.lo + now.lo) / 2, hi: (past.hi + now.hi) / 2 })),
    );
  for (const estimator of [
    averaged,
    inHindsight(averaged),
    inHindsight(averaged, { first: { lo: -1, hi: 1 } }),
  ])
    assert.throws(
      () => trained(estimator),
      /^x, step 0: estimator myEstimator measures the tensor itself, and does not say so, expected measures\("waiting", estimator\), of rangeflow\/quantizers; inHindsight around it/,
    );
  assert.is(trained(inHindsight(measures("waiting", averaged))).length, 5);
});

test("who measures only tensors that wait is not given those whose range was there", () => {
  const asked: boolean[] = [];
  const curious = measures("waiting", (observed$) =>
    observed$.pipe(
      map((stat) => {
        asked.push(stat.measure !== undefined);
        return observedRange(stat);
      }),
    ),
  );
  trained(curious);
  assert.equal(asked, [true, true, true, true, true]);
  asked.length = 0;
  const late = Object.assign((observed$: Parameters<RangeEstimator>[0]) => inHindsight(curious)(observed$), {
    measures: "waiting",
  } as const);
  trained(late);
  assert.equal(asked, [true, false, false, false, false]);
});

test.run();
