import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram, sampleSize } from "../../core/sample.ts";
import { elements } from "../../core/tensor.ts";
import { forAll } from "../support/lawful.ts";
import { gaussian } from "../support/tensors.ts";

const test = suite("histograms");

const of = (...values: readonly number[]) => histogram({ values: Float32Array.from(values) });

const normalNumbers = fc.array(
  fc.float({ noNaN: true, noDefaultInfinity: true }).filter((x) => Math.abs(x) >= 2 ** -126),
  { minLength: 1, maxLength: 50 },
);

test("every element is counted once, in a bin whose middle is within 3.1 % of it", () =>
  forAll(normalNumbers, (some) => {
    const { values, counts } = of(...some);
    assert.is(
      counts!.reduce((sum, count) => sum + count, 0),
      some.length,
    );
    for (const x of some)
      assert.ok(
        values.some((middle) => Math.abs(middle - x) <= 0.0313 * Math.abs(x)),
        `${x} has no bin`,
      );
  }));

test("values ascend, each once, and each was counted", () =>
  forAll(normalNumbers, (some) => {
    const { values, counts } = of(...some, 0, -0);
    for (let i = 1; i < values.length; i++) assert.ok(values[i]! > values[i - 1]!);
    assert.ok(counts!.every((count) => count > 0));
  }));

test("0, -0 and everything below the normal numbers stand as one 0", () => {
  const { values, counts } = of(0, -0, 2 ** -149, -(2 ** -127), 2 ** -126);
  assert.is(values.length, 2);
  assert.is(Object.is(values[0], 0), true);
  assert.is(counts![0], 4);
  assert.ok(Math.abs(values[1]! / 2 ** -126 - 1) < 0.032);
});

test("NaN and infinities are not counted", () => {
  const { values, counts } = of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1);
  assert.equal([values.length, counts![0]], [1, 1]);
  assert.is(of(Number.NaN).values.length, 0);
  assert.is(of().values.length, 0);
});

test("a sample with counts is counted by them; a histogram is its own histogram", () =>
  forAll(normalNumbers, (some) => {
    const once = of(...some);
    assert.equal(histogram(once), once);
    const thrice = histogram({
      values: Float32Array.from(some),
      counts: new Uint32Array(some.length).fill(3),
    });
    assert.equal(
      thrice.counts,
      once.counts!.map((count) => 3 * count),
    );
    assert.is(sampleSize(thrice), 3 * some.length);
  }));

test("histograms of parts add up to that of the whole", () => {
  const whole = elements(gaussian([1, 10, 10, 10], "whole"));
  const [front, back] = [whole.subarray(0, 300), whole.subarray(300)].map((values) => histogram({ values }));
  const sum = new Map<number, number>();
  for (const part of [front!, back!])
    for (const [i, value] of part.values.entries()) sum.set(value, (sum.get(value) ?? 0) + part.counts![i]!);
  const { values, counts } = histogram({ values: whole });
  assert.equal(
    [...values].map((value) => sum.get(value)),
    [...counts!],
  );
});

test("the size of a sample without counts is its number of values", () =>
  assert.is(sampleSize({ values: Float32Array.of(1, 1, 2) }), 3));

test.run();
