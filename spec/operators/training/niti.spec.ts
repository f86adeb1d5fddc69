/** @file Updates in integers, by arithmetic; and that weights stay integers. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Parameter } from "../../../core/signal.ts";
import { gradientBits, integerUpdate, niti, unitFor } from "../../../operators/training/niti.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { noiseOf } from "../../support/projecting.ts";
import { testScope } from "../../support/testScope.ts";
import { updating } from "../../support/updating.ts";

const test = suite("niti");

test("rates are widths: 5, 4 and 3 bits as published, never fewer than 2 or more than 8", () => {
  assert.equal([1 / 8, 1 / 16, 1 / 32, 1 / 64, 1e-6, 1, 100].map(gradientBits), [5, 4, 3, 2, 2, 8, 8]);
});

test("the unit is a power of two with which 127 reach past half of the largest weight's power", () => {
  assert.equal(
    [1, 0.9, 0.5, 1.01, 2, 0].map(unitFor),
    [1, 1, 0.5, 2, 2, 1].map((power) => power / 128),
  );
});

/** Updated weights, in units of 1/64. */
const updated = (w: readonly number[], g: readonly number[], bits: number, noise: readonly number[] = []) => {
  const values = Float32Array.from(w, (units) => units / 64);
  integerUpdate(
    values,
    1 / 64,
    Float32Array.from(g),
    bits,
    Float32Array.from(w, (_, i) => noise[i] ?? 0),
  );
  return Array.from(values, (value) => 64 * value);
};

test("worked: gradients of 3 bits are -3 to 3 times a power of two, and are subtracted", () => {
  // max|g| = 5 lies below 8, so one is 8 / 4 = 2: 5, -3.1, 1.9, 0.4 are 2.5, -1.55, 0.95, 0.2.
  assert.equal(updated([10, 10, -10, 0], [5, -3.1, 1.9, 0.4], 3), [8, 12, -11, 0]);
  assert.equal(updated([10, 10, -10, 0], [5, -3.1, 1.9, 0.4], 3, [0.1, 0.1, -0.49, 0.31]), [7, 11, -10, -1]);
  // As much whatever the size of the gradient is.
  assert.equal(
    updated(
      [10, 10, -10, 0],
      [5, -3.1, 1.9, 0.4].map((g) => g * 2 ** -60),
      3,
    ),
    [8, 12, -11, 0],
  );
});

test("the largest gradient, a power of two itself, is limited to the outermost integer; weights to 127", () => {
  assert.equal(updated([0, 120, -126], [4, -4, 4], 5), [-15, 127, -127]);
});

test("zeros change nothing, NaN nothing of its own, and infinity is the outermost integer", () => {
  assert.equal(updated([1, -2, 3], [0, 0, 0], 5), [1, -2, 3]);
  assert.equal(updated([1, -2, 3], [Number.NaN, 1, Number.POSITIVE_INFINITY], 3), [1, -5, 0]);
  assert.equal(updated([1, -2], [Number.NaN, Number.NEGATIVE_INFINITY], 3), [1, -2]);
});

test("with noise an update is that of the gradient on average", () => {
  const g = [0.9, -0.33, 0.071, 0.002];
  const draws = 4000;
  const sums = g.map(() => 0);
  for (let draw = 0; draw < draws; draw++)
    updated([0, 0, 0, 0], g, 5, [...noiseOf(draw)(4)]).forEach((w, i) => {
      sums[i] = sums[i]! + w;
    });
  // Units of 1 / 16; at most 1/4 of variance each.
  allClose(
    sums.map((sum) => sum / draws),
    g.map((one) => -16 * one),
    (4 * 0.5) / Math.sqrt(draws),
  );
});

const scopeWith = (kind: Parameter["kind"], first: readonly number[]) => {
  const scope = testScope();
  const { value } = scope.parameters.create("x", kind, [first.length], (values) => values.set(first));
  return { scope, values: elements(value) };
};

test("weights are whole units from the first step on, and stay so", () =>
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
      fc.array(fc.constantFrom(0, 1e-9, -0.3, 2, -1e9), { minLength: 3, maxLength: 3 }),
      fc.constantFrom(0.5, 0.125, 0.01),
      (first, gradient, rate) => {
        const { scope, values } = scopeWith("weight", first);
        const run = updating(niti({ rate: constantRate(rate), weightDecay: 0.01 }), scope);
        const unit = elements(scope.parameters.find("x/unit")!.value)[0]!;
        const areUnits = () => values.every((w) => Number.isInteger(w / unit) && Math.abs(w / unit) <= 127);
        assert.ok(areUnits());
        for (const [i, w] of first.entries())
          close(values[i]!, w, unit / 2 + (Math.abs(w) > 127 * unit ? unit : 0));
        for (let step = 0; step < 3; step++) {
          run(step, gradient);
          assert.ok(areUnits());
        }
      },
    ),
  ));

test("at a rate of 0 weights stay; other steps draw other noise, the same steps the same", () => {
  const after = (rate: number, step: number): readonly number[] => {
    const { scope, values } = scopeWith("weight", [0.45, -0.25, 0.125]);
    updating(niti({ rate: constantRate(rate) }), scope)(step, [0.5, 0.031, 0.033]);
    return [...values];
  };
  assert.equal(after(0, 0), [115 / 256, -0.25, 0.125]);
  assert.equal(after(0.125, 3), after(0.125, 3));
  assert.ok(new Set([0, 1, 2, 3, 4, 5].map((step) => after(0.125, step).join())).size > 1);
});

test("what decays, decays with its gradient", () => {
  const { scope, values } = scopeWith("weight", [1, -1, 0]);
  updating(niti({ rate: constantRate(1 / 64), weightDecay: 0.1 }), scope)(0, [0, 0, 0]);
  assert.equal([...values], [1 - 2 / 128, -1 + 2 / 128, 0]);
});

test("biases learn by gradient descent, with its momentum", () => {
  const [a, b] = [scopeWith("bias", [1, 2, 3]), scopeWith("bias", [1, 2, 3])];
  const options = { rate: constantRate(0.1), momentum: 0.9 };
  const [one, other] = [updating(niti(options), a.scope), updating(sgd(options), b.scope)];
  for (let step = 0; step < 3; step++) {
    one(step, [0.1, -0.2, 7]);
    other(step, [0.1, -0.2, 7]);
  }
  sameBits(a.values, b.values);
});

test.run();
