/** @file Levels chosen for a tensor: orq and binGrad, with the numbers of docs/methods.md section 6. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { biasedPair, binGrad, partlyBiasedLevel } from "../../../quantizers/projections/binGrad.ts";
import { orq, orqLevels } from "../../../quantizers/projections/orq.ts";
import { sortedSample } from "../../../quantizers/projections/sorted.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { forAll } from "../../support/lawful.ts";
import { given, noiseOf, projectedBy, valuesBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("orq and binGrad");

const levelsOf = (values: readonly number[], depth: number): readonly number[] => {
  const ascending = Float32Array.from(values).sort();
  return [...orqLevels(ascending, ascending[0]!, ascending.at(-1)!, depth)];
};

/** Variance of stochastic rounding, all elements together. */
const totalVariance = (values: readonly number[], levels: readonly number[]): number =>
  values.reduce((sum, v) => {
    const above = Math.max(
      levels.findIndex((level) => level >= v),
      1,
    );
    return sum + (levels[above]! - v) * (v - levels[above - 1]!);
  }, 0);

test("three levels of 0, 1, 2, 3, 10: the middle one is the second largest, and no other has less variance", () => {
  const x = [0, 1, 2, 3, 10];
  assert.equal(levelsOf(x, 1), [0, 3, 10]);
  assert.equal(
    [2, 2.5, 3, 5].map((middle) => totalVariance(x, [0, middle, 10])),
    [8, 6, 4, 16],
  );
});

test("five levels of ten numbers: a third of the variance of equal steps", () => {
  const x = [-3, -1, -0.5, -0.2, 0, 0.1, 0.3, 0.6, 1.5, 4];
  const levels = levelsOf(x, 2);
  allClose(levels, [-3, -1, 0.1, 1.5, 4], 1e-7);
  close(totalVariance(x, levels), 1.33, 1e-6);
  close(totalVariance(x, [-3, -1.25, 0.5, 2.25, 4]), 4.25, 1e-12);
});

test("equal elements are their own levels, and so come out as they are", () => {
  for (const v of [0.7, -3])
    assert.equal(valuesBy(orq(), [v, v, v], { noise: noiseOf(1) }), [v, v, v].map(Math.fround));
});

test("orq of b bits has 2^(b-1) + 1 levels, the ends of the tensor among them", () => {
  const x = gaussian([1, 1, 1, 4000], "orq").data;
  const levels = new Set(valuesBy(orq(), x, { bits: 4, noise: noiseOf(1) }));
  assert.is(levels.size, 9);
  assert.ok(levels.has(Math.min(...x)) && levels.has(Math.max(...x)));
});

test("buckets have levels of their own, and the noise of the whole tensor", () => {
  const x = [4, -2, 1, -1, 0.4, -0.2, 0.1, -0.1, 0, 0];
  const noise = given(0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1, 0.9, 0.9);
  const pb = projectedBy(binGrad({ bucket: 4 }), x, { noise });
  allClose(pb.values, [1.5, -1.5, 1.5, 1.5, 0.15, -0.15, -0.15, -0.15, 0, 0], 1e-7);
  assert.is(pb.clipped, 4);
  assert.equal([...pb.gradientMask!], [0, 0, 1, 1, 0, 0, 1, 1, 1, 1]);
  assert.equal(
    valuesBy(binGrad({ form: "b", bucket: 4 }), [-1, 0, 1, 6, 0, 0, 0, 2]),
    [0, 0, 0, 6, 0, 0, 0, 2],
  );
  allClose(
    valuesBy(orq({ bucket: 5 }), [0, 1, 2, 3, 10, 0, 0.1, 0.2, 0.3, 1], { bits: 2 }),
    [0, 0, 3, 3, 10, 0, 0, 0.3, 0.3, 1],
    1e-7,
  );
});

test("a bucket as large as the tensor is none", () => {
  const x = gaussian([1, 1, 1, 300], "orq").data;
  for (const of of [orq, binGrad])
    sameBits(
      valuesBy(of({ bucket: 300 }), x, { noise: noiseOf(2) }),
      valuesBy(of(), x, { noise: noiseOf(2) }),
    );
});

test("a sample of a large tensor leaves no channel out", () => {
  const x = Float32Array.from({ length: 2 ** 18 }, (_, i) => i % 64);
  const sample = sortedSample(x);
  assert.ok(sample.length <= 2 ** 14 && sample.length > 2 ** 13);
  assert.is(new Set(sample).size, 64);
});

/** Error of the pair +-b, expected over the draws. */
const pairError = (x: readonly number[], b: number): number =>
  x.reduce((sum, v) => sum + (Math.abs(v) > b ? (Math.abs(v) - b) ** 2 : (b - v) * (b + v)), 0);

test("partly biased: of 4, -2, 1, -1 the best pair is +-1.5", () => {
  const x = [4, -2, 1, -1];
  assert.is(partlyBiasedLevel(Float32Array.from(x, Math.abs).sort()), 1.5);
  allClose(
    [1.5, 1.4, 1.6].map((b) => pairError(x, b)),
    [9, 9.04, 9.04],
    1e-12,
  );
  assert.equal(valuesBy(binGrad(), x, { noise: noiseOf(2) }).map(Math.abs), [1.5, 1.5, 1.5, 1.5]);
});

test("partly biased: of .9, 1, 1 the best pair is +-.9, where the slope of the error jumps over 0", () => {
  const x = [0.9, 1, 1];
  close(partlyBiasedLevel(Float32Array.from(x)), 0.9, 1e-7);
  close(pairError(x, 0.9), 0.02, 1e-12);
  close(pairError(x, 0.967), 0.127, 5e-4);
});

/** Tensors of few or many elements, of many or few values, of any scale. */
const tensors = fc
  .tuple(
    fc.constantFrom(1, 3, 100),
    fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 1, maxLength: 40 }),
  )
  .map(([coarse, whole]) => whole.map((v) => Math.fround(Math.round(v / coarse) / 7)));

test("partly biased: no pair has less expected error, as every value, every mean of largest ones and a fine grid prove", () =>
  forAll(
    tensors,
    (x) => {
      const ascending = Float32Array.from(x, Math.abs).sort();
      const found = pairError(x, partlyBiasedLevel(ascending));
      const descending = [...ascending].reverse();
      const most = descending[0]!;
      const means = descending.map(
        (_, k) => descending.slice(0, k + 1).reduce((a, b) => a + b, 0) / x.length,
      );
      const grid = Array.from({ length: 201 }, (_, i) => (i * most) / 200);
      const least = Math.min(...[...descending, ...means, ...grid].map((b) => pairError(x, b)));
      assert.ok(found <= least + 1e-9 * (1 + least), `${found} of ${least}`);
    },
    300,
  ));

test("biased: no other way to split the values in two leaves less squared error", () =>
  forAll(
    tensors,
    (x) => {
      const ascending = Float32Array.from(x).sort();
      const around = (part: Float32Array): number => {
        const mean = part.reduce((a, b) => a + b, 0) / part.length;
        return part.reduce((sum, v) => sum + (v - mean) ** 2, 0);
      };
      const { lower, upper } = biasedPair(ascending);
      const found = x.reduce((sum, v) => sum + Math.min((v - lower) ** 2, (v - upper) ** 2), 0);
      const least = Math.min(
        around(ascending),
        ...x.map((_, i) => around(ascending.subarray(0, i)) + around(ascending.subarray(i))),
      );
      assert.ok(found <= least + 1e-9 * (1 + least), `${found} of ${least}`);
    },
    300,
  ));

test("orq: of three levels no other middle one has less variance", () =>
  forAll(tensors, (x) => {
    const levels = levelsOf(x, 1);
    if (levels[0] === levels[2]) return;
    const found = totalVariance(x, levels);
    const least = Math.min(...x.map((middle) => totalVariance(x, [levels[0]!, middle, levels[2]!])));
    assert.ok(found <= least + 1e-6 * (1 + least), `${found} of ${least}`);
  }));

test("partly biased: what lies within the pair is met on average, what lies beyond becomes its end", () => {
  const draws = 20_000;
  const sums = new Float64Array(4);
  for (let draw = 0; draw < draws; draw++)
    valuesBy(binGrad(), [4, -2, 1, -1], { noise: noiseOf(draw) }).forEach((v, i) => {
      sums[i]! += v / draws;
    });
  // A draw deviates by sqrt((1.5 - 1) (1.5 + 1)) = 1.12.
  allClose(sums, [1.5, -1.5, 1, -1], (4 * 1.12) / Math.sqrt(draws));
});

test("biased: of -1, 0, 1, 6 the levels are 0 and 6, and the threshold is 3", () => {
  assert.equal(biasedPair(Float32Array.of(-1, 0, 1, 6)), { lower: 0, threshold: 3, upper: 6 });
  assert.equal(valuesBy(binGrad({ form: "b" }), [6, -1, 1, 0]), [6, 0, 0, 0]);
});

test("biased: where all are equal, both levels are", () =>
  assert.equal(biasedPair(Float32Array.of(2, 2)), { lower: 2, threshold: 2, upper: 2 }));

test.run();
