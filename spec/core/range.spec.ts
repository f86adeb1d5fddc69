import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  absMax,
  classifyRange,
  movingAverage,
  observedRange,
  tiniestWidth,
  width,
  withZero,
} from "../../core/range.ts";

const test = suite("range");

const stat = { min: -1, max: 2, count: 4, nonFinite: 0 };

test("withZero adds 0 to an interval and leaves one that holds it", () => {
  assert.equal(withZero({ lo: 1, hi: 2 }), { lo: 0, hi: 2 });
  assert.equal(withZero({ lo: -2, hi: -1 }), { lo: -2, hi: 0 });
  assert.equal(withZero({ lo: -2, hi: 1 }), { lo: -2, hi: 1 });
});

test("absMax is the larger magnitude, width the distance of the ends", () => {
  assert.is(absMax({ lo: -3, hi: 2 }), 3);
  assert.is(width({ lo: -3, hi: 2 }), 5);
});

test("mix weighs the past by decay, end by end", () => {
  assert.equal(movingAverage(0.75, { lo: -4, hi: 4 }, { lo: -8, hi: 0 }), { lo: -5, hi: 3 });
  assert.equal(movingAverage(1, { lo: -4, hi: 4 }, { lo: -8, hi: 0 }), { lo: -4, hi: 4 });
  assert.equal(movingAverage(0, { lo: -4, hi: 4 }, { lo: -8, hi: 0 }), { lo: -8, hi: 0 });
});

test("observedRange has the observed ends", () => {
  assert.equal(observedRange(stat), { lo: -1, hi: 2 });
});

test("judge: only finite tensors that are not zero everywhere reach an estimator", () => {
  const { POSITIVE_INFINITY: infinity } = Number;
  assert.is(classifyRange(stat), "observed");
  assert.is(classifyRange({ min: infinity, max: -infinity, count: 0, nonFinite: 0 }), "empty");
  assert.is(classifyRange({ ...stat, nonFinite: 1 }), "nonFinite");
  assert.is(classifyRange({ min: infinity, max: -infinity, count: 4, nonFinite: 4 }), "nonFinite");
  assert.is(classifyRange({ ...stat, min: 0, max: 0 }), "zero");
});

test("judge: a tensor that is constant but not zero is data, and so is one of tiny gradients", () => {
  assert.is(classifyRange({ ...stat, min: 3, max: 3 }), "observed");
  assert.is(classifyRange({ ...stat, min: -3, max: -3 }), "observed");
  assert.is(classifyRange({ ...stat, min: -1e-20, max: 1e-20 }), "observed");
  assert.is(classifyRange({ ...stat, min: -tiniestWidth / 4, max: tiniestWidth / 4 }), "zero");
});

test.run();
