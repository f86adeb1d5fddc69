import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differenceOf, spreadOf, twoSidedP } from "../../../pipelines/studies/spread.ts";
import { allClose } from "../../support/close.ts";

const test = suite("spread");

test("mean, sample standard deviation and extremes", () => {
  // Deviations from 3 are -2, 0 and 2: 8 / (3 - 1) = 4.
  assert.equal(spreadOf([1, 3, 5]), { mean: 3, sd: 2, min: 1, max: 5 });
});

test("one value has no deviation, and none have no spread", () => {
  assert.equal(spreadOf([0.5]), { mean: 0.5, sd: null, min: 0.5, max: 0.5 });
  assert.is(spreadOf([]), null);
});

test("p is 5 % at the critical values that tables of Student's t have for 1 to 120 degrees of freedom", () => {
  const critical = [
    [12.7062, 1],
    [4.3027, 2],
    [3.1824, 3],
    [2.7764, 4],
    [2.5706, 5],
    [2.2281, 10],
    [2.201, 11],
    [1.9799, 120],
  ] as const;
  for (const [t, df] of critical) {
    allClose([twoSidedP(t, df)], [0.05], 1e-5);
    assert.is(twoSidedP(-t, df), twoSidedP(t, df));
  }
  assert.is(twoSidedP(0, 7), 1);
});

test("a difference has the standard error of its mean, and is judged by it", () => {
  // sd 1, so standard error 1 / sqrt(3) and t = 2 sqrt(3) with 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2).
  const { p, ...difference } = differenceOf([1, 2, 3])!;
  assert.equal(difference, { seeds: 3, mean: 2, standardError: 1 / Math.sqrt(3) });
  allClose([p!], [1 - Math.sqrt(12 / 14)], 1e-12);
});

test("equal runs do not differ; runs that differ by the same always do; one pair cannot be judged", () => {
  assert.is(differenceOf([0, 0])?.p, 1);
  assert.is(differenceOf([0.25, 0.25])?.p, 0);
  assert.equal(differenceOf([0.25]), { seeds: 1, mean: 0.25, standardError: null, p: null });
  assert.is(differenceOf([]), null);
});

test.run();
