/** @file Sites whose range is learned: worked numbers of docs/methods.md, laws of the gradient, and everything odd. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { learnedBound } from "../../../quantizers/learned/learnedBound.ts";
import type { LearnedRange } from "../../../quantizers/learned/learnedRange.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { cgPact, pact } from "../../../quantizers/learned/pact.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { elements } from "../../support/elements.ts";
import { learning } from "../../support/learning.ts";
import { filled, gaussian, row } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  testScope,
} from "../../support/testScope.ts";

const test = suite("learned ranges");

const digits = 6e-7;
const { NaN: nan } = Number;

/** The slope of the parameter for each element alone. */
const slopes = (
  learned: LearnedRange,
  bits: number,
  value: number,
  x: readonly number[],
): readonly number[] =>
  x.map((_, i) => {
    const site = learning(learned, { bits, value });
    return site.run(row(...x)).back(filled([1, 1, 1, x.length], (j) => (i === j ? 1 : 0))).dp!;
  });

const w = [0.5, -1, 0.25, 0.1];

test("LSQ, worked: start, codes, slopes, mask, and their sum", () => {
  const learned = lsq({ sign: "signed" });
  const starting = learning(learned, { bits: 4 });
  starting.run(row(...w));
  close(starting.value(), 0.349617, digits);
  const scale = learned.gradientScale(4, { bits: 4, isSigned: true });
  close(scale, 0.188982, digits);
  const step = learning(learned, { bits: 4, value: 0.1 }).run(row(...w));
  allClose(step.y, [0.5, -0.8, 0.2, 0.1], digits);
  const { dx, dp } = step.back(row(1, -1, 2, 0.5));
  allClose(dx, [1, 0, 2, 0.5], 0);
  close(dp!, 1.322876, digits);
  allClose(
    slopes(learned, 4, 0.1, w).map((slope) => slope / scale),
    [0, -8, -0.5, 0],
    2e-6,
  );
});

test("LBT, worked: weights and activations", () => {
  const weights = learnedBound({ sign: "signed" });
  const starting = learning(weights, { bits: 4 });
  allClose(starting.run(row(...w)).y, [0.567891, -1.135782, 0.283945, 0], digits);
  close(starting.value(), 1.987618, digits);
  const step = learning(weights, { bits: 4, value: 0.6 }).run(row(...w));
  allClose(step.y, [0.514286, -0.6, 0.257143, 0.085714], digits);
  allClose(step.back(row(1, 1, 1, 1)).dx, [1, 0, 1, 1], 0);
  allClose(slopes(weights, 4, 0.6, w), [0.02381, -1, 0.011905, -0.02381], digits);
  const activations = learning(learnedBound(), { bits: 4 });
  allClose(activations.run(row(0, 0.4, 1.3, 2.2)).y, [0, 0.325499, 1.301996, 2.278493], digits);
  close(activations.value(), 4.882486, digits);
});

test("CG-PACT, worked; at x = alpha the input gradient is 0, as in PyTorch's code", () => {
  const x = [-0.5, 0.3, 1.1, 1.9, 2, 3];
  const learned = cgPact({ sign: "unsigned" });
  const step = learning(learned, { bits: 2, value: 2 }).run(row(...x));
  allClose(step.y, [0, 0, 1.333333, 2, 2, 2], digits);
  const { dx, dp } = step.back(row(1, 1, -1, 0.5, 2, 1));
  allClose(dx, [0, 1, -1, 0.5, 0, 0], 0);
  close(dp!, 2.758333, digits);
  allClose(slopes(learned, 2, 2, x), [0, -0.15, 0.116667, 0.05, 1, 1], digits);
});

test("PACT, worked: only what is clipped moves alpha", () => {
  const x = [-1, 0.5, 3.3, 7];
  const learned = pact({ sign: "unsigned" });
  allClose(learning(learned, { bits: 4, value: 6 }).run(row(...x)).y, [0, 0.4, 3.2, 6], digits);
  allClose(slopes(learned, 4, 6, x), [0, 0, 0, 1], 0);
});

const all: readonly (readonly [LearnedRange, first: number])[] = [
  [lsq(), 0.11],
  [learnedBound(), 1.3],
  [cgPact(), 1.3],
  [cgPact({ sign: "unsigned" }), 1.3],
  [pact(), 1.3],
];

/** p (clamp(x / p) + what rounding added at p0), in float64: what the gradient takes the quantizer for. */
const straightThrough = (y: ArrayLike<number>, p0: number, lo: number, hi: number, residual: boolean) => {
  const clamp = (x: number, p: number): number => Math.min(Math.max(x, (lo / p0) * p), (hi / p0) * p);
  return (x: ArrayLike<number>, p: number): readonly number[] =>
    Array.from(x, (value, i) => {
      const added = y[i]! - clamp(value, p0);
      return clamp(value, p) + (residual ? (added / p0) * p : added);
    });
};

for (const [learned, first] of all)
  test(`${learned.name}, ${learned.sign}: the gradient is the slope of the straight-through form`, () => {
    for (const bits of [2, 4, 8])
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1000 }), (seed) => {
          const x = gaussian([2, 2, 2, 3], `x ${seed}`);
          const dy = gaussian([2, 2, 2, 3], `dy ${seed}`);
          const site = learning(learned, { bits, shape: [2, 2, 3] });
          site.run(x);
          const p = Math.fround(bits === 8 && learned.name === "lsq" ? first / 16 : first);
          site.set(p);
          const step = site.run(x);
          const { lo, hi } = step.seen!.range;
          const form = straightThrough(step.y, p, lo, hi, learned.residual);
          const at = (q: number): number =>
            form(elements(x), q).reduce((sum, y, i) => sum + y * elements(dy)[i]!, 0);
          const epsilon = 1e-6 * p;
          const slope = (at(p + epsilon) - at(p - epsilon)) / (2 * epsilon);
          const scale = learned.gradientScale(24, { bits, isSigned: lo < 0 });
          const { dx, dp } = step.back(dy);
          close(dp!, scale * slope, 1e-4 * scale * Math.max(1, hi / p));
          const passes = elements(x).map((v, i) => (lo < v && v < hi ? elements(dy)[i]! : 0));
          sameBits(dx, passes, "dx");
        }),
        { numRuns: 20 },
      );
  });

test("scaled by a power of two together with its parameter, a tensor keeps its codes", () => {
  for (const [learned, p] of all) {
    const x = gaussian([1, 1, 1, 64], "x");
    const plain = learning(learned, { bits: 4, value: p }).run(x);
    const scaled = learning(learned, { bits: 4, value: 4 * p }).run(
      filled(x.shape, (i) => 4 * elements(x)[i]!),
    );
    sameBits(
      scaled.y,
      plain.y.map((y) => 4 * y),
      learned.name,
    );
  }
});

test("the first tensor waits for its range, all others find it there; evaluation learns nothing", () => {
  for (const [learned] of all) {
    const site = learning(learned);
    site.run(row(-1, 2), { training: false });
    assert.is(site.value(), 0);
    const [first, second] = [site.run(row(-1, 2)), site.run(row(-10, 20), { step: 1 })];
    assert.equal([first.seen!.isStatic, second.seen!.isStatic], [false, true]);
    assert.equal(second.seen!.range, first.seen!.range);
    assert.is(first.seen!.estimator, `quantizer ${learned.name}`);
    sameBits(site.run(row(-1, 2), { training: false }).y, first.y);
  }
});

test("an outlier in a tensor changes no other code of it, once its range is learned", () => {
  for (const [learned, p] of all) {
    const x = gaussian([1, 1, 1, 64], "x");
    const [plain, struck] = [x, filled(x.shape, (i) => (i === 17 ? 1000 : elements(x)[i]!))].map((some) =>
      learning(learned, { bits: 4, value: p }).run(some).y.with(17, 0),
    );
    sameBits(struck!, plain!, learned.name);
  }
});

test("levels lie below 0 where the first tensor does, or as told", () => {
  const lows = (sign: LearnedRange["sign"], x: Tensor): boolean =>
    learning(lsq({ sign })).run(x).seen!.range.lo < 0;
  assert.equal([lows("auto", row(0, 1)), lows("auto", row(-1, 1))], [false, true]);
  assert.equal([lows("signed", row(0, 1)), lows("unsigned", row(-1, 1))], [true, false]);
});

test("a negative alpha counts by its magnitude, and its slope has the other sign", () => {
  for (const learned of [cgPact(), pact(), learnedBound()]) {
    const x = gaussian([1, 1, 1, 64], "x");
    const [plus, minus] = [1.2, -1.2].map((value) => learning(learned, { bits: 3, value }).run(x));
    sameBits(minus!.y, plus!.y);
    assert.is(minus!.back(x).dp, -plus!.back(x).dp!);
  }
});

test("a tensor without anything to learn from starts nothing, passes its gradient, and emits none for the parameter", () => {
  for (const [learned] of all)
    for (const [odd, verdict] of [
      [row(0, 0, -0), "zero"],
      [row(1, nan), "nonFinite"],
      [tensor(new Float32Array(0), [0, 1, 1, 4]), "empty"],
    ] as const) {
      const site = learning(learned);
      const step = site.run(odd);
      assert.is(step.seen!.verdict, verdict);
      assert.is(site.value(), 0);
      const dy = filled(odd.shape, (i) => i + 1);
      const { dx, dp } = step.back(dy);
      assert.is(dp, undefined);
      sameBits(dx, elements(dy));
      assert.is(site.run(row(1, 3)).seen!.isStatic, false, "the next one starts it");
      assert.ok(site.value() > 0);
    }
});

test("once started, a tensor with NaN is quantized with the range that is there, and NaN reaches no gradient", () => {
  for (const [learned] of all) {
    const site = learning(learned, { value: 0.5 });
    const { dx, dp } = site.run(row(nan, 0.25, 0.125)).back(row(1, 1, 1));
    assert.ok(Number.isFinite(dp!), learned.name);
    assert.is(dx[0], 0);
  }
});

test("tensors of one element, or of equal ones, start somewhere", () => {
  for (const [learned] of all)
    for (const x of [row(0.7), row(3, 3, 3), row(-3, -3)]) {
      const site = learning(learned);
      site.run(x);
      assert.ok(site.value() > 0 && Number.isFinite(site.value()), `${learned.name} at ${elements(x)[0]}`);
    }
});

test("a parameter that is not a number any more ends the run with its name", () => {
  assert.throws(
    () => learning(lsq(), { value: nan }).run(row(1, 2)),
    /^x\/step: the learned parameter is NaN, expected a finite number; lower --quantizer-lr\.$/,
  );
});

const scopeOf = (learned: LearnedRange) =>
  testScope({ shape: [3, 3, 2], quantizer: quantizing(currentMinMax(), { learned }) });

test("weights learn their range too: the layer emits the gradients of both", () => {
  for (const learned of [lsq(), learnedBound()]) {
    const scope = scopeOf(learned);
    const run = opened(built(conv2d("conv", { outChannels: 2, kernel: 3 }), scope).layer);
    const out = outcome(run(batch(gaussian([2, 3, 3, 2], "x"))));
    const gradients = gradientsOf(pulledBack(out, gaussian(out.x.shape, "dy")));
    assert.equal(
      gradients.map(({ parameter }) => parameter.path),
      [`conv/weight/${learned.parameter}`, "conv/weight"],
    );
    assert.ok(gradients.every(({ gradient }) => elements(gradient).some((g) => g !== 0)));
  }
});

test("a learned range where it cannot work is refused when the network is built", () => {
  const conv = conv2d("conv", { outChannels: 2, kernel: 3 });
  assert.match(
    refusals(conv, scopeOf(pact()))[0]!,
    /^conv\/weight: the quantizer pact for weights, expected activations, all that it can quantize; /,
  );
  assert.match(
    refusals(quantize({ gradient: "g" }), scopeOf(lsq()))[0]!,
    /^g: the quantizer lsq for gradients, expected weights or activations/,
  );
});

test("in float32 a site has no parameter", () => {
  const scope = testScope({ quantizer: quantizing(currentMinMax(), { learned: lsq(), bits: 32 }) });
  const run = opened(built(quantize({ activation: "x" }), scope).layer);
  assert.equal(scope.parameters.list(), []);
  assert.is(only("RangeSeen")(run(batch(row(1, 2)))).length, 0);
});

test.run();
