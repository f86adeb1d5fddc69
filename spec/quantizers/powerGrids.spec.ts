/** @file Integer methods whose scales are powers of two: wageubn and niti. */

import fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roundHalfEven } from "../../core/rounding.ts";
import { nitiShift, pseudoStochasticShift, roundShift } from "../../quantizers/grids/niti.ts";
import { uniformGrid } from "../../quantizers/grids/uniform.ts";
import { wageubnE2 } from "../../quantizers/projections/wageubn.ts";
import { allClose, close } from "../support/close.ts";
import { forAll } from "../support/lawful.ts";
import { projectedBy } from "../support/projecting.ts";

const test = suite("grids of powers of two");

const gridOf = (scheme: "powerNear" | "powerAbove", bits: number, hi: number) => {
  const found = uniformGrid({ scheme, bits }, "spec")({ lo: -hi, hi });
  if (E.isLeft(found)) throw new Error("no grid");
  return found.right;
};

/** Numbers that the codes of a grid stand for. */
const rounded = (x: readonly number[], { scale, qmin, qmax }: ReturnType<typeof gridOf>): readonly number[] =>
  x.map((v) => scale[0]! * Math.min(Math.max(roundHalfEven(v / scale[0]!), qmin), qmax));

const errors = [0.3, -0.011, 0.002, 0.0004];

test("wageubn, docs/methods.md 8.7: R = 1/4, so E1 has steps of 2^-9 in integers; only its topmost code is not held", () => {
  const near = gridOf("powerNear", 8, 0.3);
  assert.equal([near.scale[0], near.zeroPoint[0], near.qmin, near.qmax], [2 ** -9, 0, -127, 127]);
  // Of 0.25, which is code 128, int8 keeps 127.
  allClose(rounded(errors, near), [0.25 - 2 ** -9, -0.011719, 0.001953, 0], 5e-7);
});

test("wageubn, docs/methods.md 8.7: E2 keeps a second grid below the first step", () => {
  const { values, clipped } = projectedBy(wageubnE2(), errors);
  allClose(values, [0.248047, -0.011719, 0.001953, 0.000397], 5e-7);
  assert.is(clipped, 0);
});

test("wageubn: weights on [-1, 1] are multiples of 2^-7 up to 1 - 2^-7", () => {
  const weights = gridOf("powerNear", 8, 1);
  assert.equal(rounded([1, 0.5, -1 / 256, 0.01], weights), [1 - 2 ** -7, 0.5, 0, 2 ** -7]);
});

test("the power near a range may clip it, the power above only half a step", () =>
  forAll(fc.float({ min: 2 ** -60, max: 2 ** 60, noNaN: true }), (hi) => {
    const ends = (["powerNear", "powerAbove"] as const).map((scheme) => gridOf(scheme, 4, hi).scale[0]! * 8);
    for (const end of ends) assert.ok(Number.isInteger(Math.log2(end)));
    assert.ok(ends[0]! > hi / 1.4143 && ends[0]! < hi * 1.4143, `${ends[0]} near ${hi}`);
    assert.ok(ends[1]! >= hi && ends[1]! < 2 * hi, `${ends[1]} above ${hi}`);
  }));

test("niti, docs/methods.md 8.8: sums up to 1000 lose three bits", () => {
  const sums = [1000, -300, 17, -900];
  assert.is(nitiShift(1000), 3);
  assert.equal(
    sums.map((v) => roundShift(v, 3)),
    [125, -37, 2, -112],
  );
  assert.equal(
    sums.map((v) => pseudoStochasticShift(v, 3)),
    [125, -38, 2, -113],
  );
});

test("niti: sums of seven bits and none at all are not shifted; 127 is the most", () => {
  assert.equal([0, 1, 127, 128, 129].map(nitiShift), [0, 0, 0, 0, 1]);
  assert.equal(
    [roundShift(128, 0), roundShift(-5, 0), pseudoStochasticShift(-128, 0), roundShift(2047, 4)],
    [127, -5, -127, 127],
  );
});

test("niti: roundShift is the nearest integer, ties upward, for any sum of int32", () =>
  forAll(fc.tuple(fc.integer(), fc.integer({ min: 1, max: 24 })), ([v, shift]) => {
    assert.is(roundShift(v, shift, 2 ** 31), Math.floor(v / 2 ** shift + 0.5));
  }));

test("niti: pseudo-stochastic rounding gives one of both neighbours, and hits the mean over all sums", () => {
  for (const shift of [1, 2, 3, 6, 7]) {
    let error = 0;
    for (let v = 0; v < 2 ** 12; v++) {
      const found = pseudoStochasticShift(v, shift, 2 ** 31);
      assert.ok(Math.abs(found - v / 2 ** shift) < 1);
      assert.is(pseudoStochasticShift(-v, shift, 2 ** 31), 0 - found);
      error += found - v / 2 ** shift;
    }
    close(error / 2 ** 12, 0, 0.26, `mean error of shift ${shift}`);
  }
});

test("the uniform grid powerAbove rounds sums as niti does, ties apart", () => {
  const sums = [1000, -301, 17, -899];
  const { scale } = gridOf("powerAbove", 8, 1000);
  assert.is(scale[0], 2 ** nitiShift(1000));
  assert.equal(
    rounded(sums, gridOf("powerAbove", 8, 1000)),
    sums.map((v) => roundShift(v, 3) * 8),
  );
});

test.run();
