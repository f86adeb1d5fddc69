/** @file The error of a range, in numbers that can be worked out by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeError } from "../../../pipelines/replay/rangeError.ts";

const test = suite("rangeError");

test("it is 1 - intersection / union of the range and the tensor", () => {
  assert.is(rangeError(-1, 2, -1, 2), 0);
  // Twice as wide: the tensor has 2 of 4. Half as wide: the range has 2 of 4.
  assert.is(rangeError(-1, 1, -2, 2), 1 / 2);
  assert.is(rangeError(-2, 2, -1, 1), 1 / 2);
  // [-1, 3] and [-2, 2] have [-1, 2] of [-2, 3] in common.
  assert.is(rangeError(-1, 3, -2, 2), 1 - 3 / 5);
  // On either side of 0 they have nothing in common.
  assert.is(rangeError(0, 1, -1, 0), 1);
});

test("it is never above 1, however small the tensor, or its range", () => {
  assert.is(rangeError(0, 1e-30, 0, 1e30), 1);
  assert.is(rangeError(-1e30, 0, -1e-30, 0), 1);
  assert.is(rangeError(0, 1, 0, 0), 1);
  assert.is(rangeError(0, 0, 0, 0), 0);
});

test("the unit of the tensor does not matter", () => {
  const unit = 2 ** -40;
  assert.is(rangeError(-3 * unit, 5 * unit, -unit, 4 * unit), rangeError(-3, 5, -1, 4));
});

test.run();
