/** @file Direction-sensitive clipping: the numbers of docs/methods.md section 1b. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import { magnitudesOf } from "../../../core/magnitudes.ts";
import { absMax } from "../../../core/range.ts";
import { roundHalfEven } from "../../../core/rounding.ts";
import type { Sample } from "../../../core/sample.ts";
import { elements } from "../../../core/tensor.ts";
import { bestClip, coarseClip, deviation, dsgc } from "../../../quantizers/estimators/dsgc.ts";
import { close } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { forAll, runsOfElements } from "../../support/lawful.ts";
import { statOf, statOfElements } from "../../support/measurable.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("dsgc");

const of = (...values: readonly number[]): Sample => ({ values: Float32Array.from(values) });
const turn = (sample: Sample, bits: number, bound: number): number =>
  deviation(magnitudesOf(sample), bits, bound);

const oneLarge = of(0.9, -0.03, 0.02, 0.05, -0.04, 0.01, -0.02, 0.06);
const tied = of(1, -0.5, 0.25, 0.1, -0.2, 0.05, 0.3, -0.15);

const turns = (sample: Sample, largest: number, expected: Readonly<Record<number, number>>): void => {
  for (const [share, known] of Object.entries(expected))
    close(turn(sample, 4, Number(share) * largest), known, 5e-7, `deviation at ${share}`);
};

test("one large element: the wider the bound, the less it turns", () => {
  turns(oneLarge, Math.fround(0.9), {
    1: 0.005813,
    0.8: 0.006432,
    0.5: 0.011939,
    0.3: 0.045585,
    0.2: 0.078996,
    0.1: 0.262035,
  });
  close(bestClip(oneLarge, 4, Math.fround(0.9)).deviation, 0.0058, 5e-4);
});

test("bounds of 1 and 0.94 give the same codes", () =>
  turns(tied, 1, {
    1: 0.004407,
    0.94: 0.004407,
    0.9: 0.004981,
    0.8: 0.008121,
    0.7: 0.018505,
    0.6: 0.038707,
    0.5: 0.06059,
  }));

test("of a hundred bounds that tie the widest is taken", () =>
  assert.is(coarseClip((bound) => ({ bound, deviation: turn(tied, 4, bound) }), 1).bound, 1));

test("it is the angle between the tensor and its codes, element by element, ties to even", () =>
  forAll(
    fc.tuple(runsOfElements, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 2, max: 8 })),
    ([[values], share, bits]) => {
      const most = 2 ** (bits - 1) - 1;
      const bound = (Math.max(...values!.map(Math.abs)) * share) / 64;
      const codes = values!.map((x) => Math.min(Math.max(roundHalfEven((x * most) / bound), -most), most));
      const dot = (a: readonly number[], b: readonly number[]): number =>
        a.reduce((sum, x, i) => sum + x * b[i]!, 0);
      const cosine = dot(values!, codes) / Math.sqrt(dot(values!, values!) * dot(codes, codes));
      close(turn(of(...values!), bits, bound), 1 - cosine, 1e-12);
    },
  ));

test("codes that are all 0 turn a tensor by 1", () => assert.is(turn(of(1e-3, -1e-3), 4, 1), 1));

test("of a histogram: exact for what repeats at the extremes, and close for any tensor", () => {
  const few = of(1, 0.3, 0.3, 0.3);
  close(turn(histogram(few), 3, 0.8), turn(few, 3, 0.8), 1e-15);
  const many = { values: elements(gaussian([1, 8, 8, 64], "many")) };
  for (const bound of [1, 2, 3]) {
    const exact = turn(many, 4, bound);
    close(turn(histogram(many), 4, bound) / exact, 1, 0.02, `bound ${bound}`);
  }
});

test("no bound of a fine grid turns less than the one that was found by more than the search can miss", () => {
  const sample = { values: elements(gaussian([1, 8, 8, 8], "a gradient")).map((x) => x ** 3) };
  const largest = Math.max(...sample.values.map(Math.abs));
  const found = bestClip(sample, 4, largest);
  assert.ok(found.bound < 0.9 * largest, "it clips");
  const fine = Array.from({ length: 2000 }, (_, i) => turn(sample, 4, ((i + 1) / 2000) * largest));
  assert.ok(found.deviation <= Math.min(...fine) * 1.01);
});

test("where outliers leave a hundred bounds too coarse, golden sections find a better one between them", () => {
  // The best bound is near 3, and the hundred are 0.5 apart.
  const sample = { values: elements(gaussian([1, 32, 32, 8], "with an outlier")) };
  sample.values[7] = 50;
  const coarse = coarseClip((bound) => ({ bound, deviation: turn(sample, 4, bound) }), 50);
  assert.ok(bestClip(sample, 4, 50).deviation < coarse.deviation);
});

test("it searches at every period-th tensor, and keeps its bound between them", () => {
  const stats = [1, 2, 4, 8, 16, 32, 64].map((n) => statOfElements([n, -n, n / 3, n / 7]));
  const found = used(dsgc({ period: 3 }), stats);
  assert.equal(
    found.map(({ isStatic }) => isStatic),
    [false, true, true, false, true, true, false],
  );
  for (const [n, searched] of [0, 0, 0, 3, 3, 3, 6].entries())
    assert.is(found[n]!.range.hi, 2 ** searched * found[0]!.range.hi);
});

test("fewer bits clip more", () => {
  const sample = { values: elements(gaussian([1, 16, 16, 4], "a gradient")).map((x) => x ** 3) };
  const bound = (bits: number): number => absMax(used(dsgc(), [statOf(sample, { bits })])[0]!.range);
  assert.ok(bound(2) < bound(4) && bound(4) < bound(8));
});

test("the range is symmetric, and never wider than the tensor", () =>
  forAll(runsOfElements, (tensors) => {
    for (const values of tensors) {
      const { range } = used(dsgc(), [statOfElements(values)])[0]!;
      assert.is(range.lo, -range.hi);
      assert.ok(range.hi > 0 && range.hi <= Math.max(...values.map(Math.abs)));
    }
  }));

test("scale does not matter, up to the last bits", () =>
  forAll(fc.tuple(runsOfElements, fc.double({ min: 0.01, max: 100, noNaN: true })), ([[values], k]) => {
    const sample = of(...values!);
    const largest = Math.max(...values!.map(Math.abs));
    const scaled = { values: sample.values.map((x) => x * k) };
    close(turn(scaled, 8, k * largest * 0.7), turn(sample, 8, largest * 0.7), 1e-4);
  }));

test.run();
