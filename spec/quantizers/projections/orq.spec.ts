/** @file Levels chosen for a tensor: orq and binGrad, with the numbers of methods.md section 6. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { biasedPair, binGrad, partlyBiasedLevel } from "../../../quantizers/projections/binGrad.ts";
import { orq, orqLevels } from "../../../quantizers/projections/orq.ts";
import { sortedSample } from "../../../quantizers/projections/sorted.ts";
import { allClose, close } from "../../support/close.ts";
import { noiseOf, valuesBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("orq and binGrad");

const levelsOf = (values: readonly number[], depth: number): readonly number[] => {
  const ascending = Float32Array.from(values).sort();
  return [...orqLevels(ascending, ascending[0]!, ascending.at(-1)!, depth)];
};

/** Of stochastic rounding, all elements together. */
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

test("a sample of a large tensor leaves no channel out", () => {
  const x = Float32Array.from({ length: 2 ** 18 }, (_, i) => i % 64);
  const sample = sortedSample(x);
  assert.ok(sample.length <= 2 ** 14 && sample.length > 2 ** 13);
  assert.is(new Set(sample).size, 64);
});

test("partly biased: of 4, -2, 1, -1 the best pair is +-1.5", () => {
  const x = [4, -2, 1, -1];
  assert.is(partlyBiasedLevel(Float32Array.from(x, Math.abs).sort()), 1.5);
  const error = (b: number): number =>
    x.reduce((sum, v) => sum + (Math.abs(v) > b ? (Math.abs(v) - b) ** 2 : (b - v) * (v + b)), 0);
  allClose([1.5, 1.4, 1.6].map(error), [9, 9.04, 9.04], 1e-12);
  assert.equal(valuesBy(binGrad(), x, { noise: noiseOf(2) }).map(Math.abs), [1.5, 1.5, 1.5, 1.5]);
});

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

test("biased: of -1, 0, 1, 6 the levels are 0 and 6, from the mean on, and the threshold ends at 3", () => {
  assert.equal(biasedPair(Float32Array.of(-1, 0, 1, 6)), { lower: 0, threshold: 3, upper: 6 });
  assert.equal(valuesBy(binGrad({ form: "b" }), [6, -1, 1, 0]), [6, 0, 0, 0]);
});

test("biased: where all are equal, both levels are", () =>
  assert.equal(biasedPair(Float32Array.of(2, 2)), { lower: 2, threshold: 2, upper: 2 }));

test.run();
