import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measuring, remembering } from "../../core/measure.ts";
import type { Sample } from "../../core/sample.ts";

const test = suite("measurements");

const sample: Sample = { values: Float32Array.of(-1, 2, 3) };
const largest = ({ values }: Sample): readonly number[] => [Math.max(...values)];

test("a question is answered once, and its answer noted", () => {
  const measured: Record<string, readonly number[]> = {};
  const measure = measuring(sample, measured);
  assert.equal(measure("largest", largest), [3]);
  assert.equal(
    measure("largest", () => assert.unreachable("asked again") as never),
    [3],
  );
  assert.equal(measured, { largest: [3] });
});

test("whoever asks may change the answer, and whoever answers the sample, also a histogram", () => {
  const measured: Record<string, readonly number[]> = {};
  const reversed = (measure: ReturnType<typeof measuring>): readonly number[] =>
    (measure("ends", () => [1, 2]) as number[]).reverse();
  const asked = [measuring(sample, measured), measuring(sample, measured), remembering(measured)];
  assert.equal(asked.map(reversed), [
    [2, 1],
    [2, 1],
    [2, 1],
  ]);
  assert.equal(measured, { ends: [1, 2] });
  const histogram: Sample = { values: Float32Array.of(1, 2), counts: Uint32Array.of(3, 4) };
  remembering({}, histogram)("zeros", ({ values, counts }) => [...values.fill(0), ...counts!.fill(0)]);
  assert.equal([...histogram.values, ...histogram.counts!], [1, 2, 3, 4]);
});

test("any number is an answer", () => {
  const odd = [-0, Number.NaN, Number.POSITIVE_INFINITY];
  const measured: Record<string, readonly number[]> = {};
  assert.ok(measuring(sample, measured)("odd", () => odd).every((x, i) => Object.is(x, odd[i])));
  assert.equal(measured, { odd });
});

test("a tensor that is gone remembers what it was asked", () =>
  assert.equal(
    remembering({ largest: [3] })("largest", () => assert.unreachable("asked") as never),
    [3],
  ));

test("what it was not asked its histogram answers; without one the sentence says what to do", () => {
  const histogram: Sample = { values: Float32Array.of(2.9), counts: Uint32Array.of(1) };
  assert.equal(remembering({}, histogram)("largest", largest), largest(histogram));
  assert.throws(
    () => remembering({ smallest: [-1] })("largest", largest),
    /^the tensor was not asked for "largest" when it was recorded; record histograms \(--histogram-every 1\) to ask later$/,
  );
});

test.run();
