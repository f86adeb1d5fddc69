import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../core/histogram.ts";
import { percentiles } from "../../core/percentiles.ts";
import { elements } from "../../core/tensor.ts";
import { allClose, close } from "../support/close.ts";
import { forAll } from "../support/lawful.ts";
import { gaussian } from "../support/tensors.ts";

const test = suite("percentiles");

const of = (values: readonly number[], wanted: readonly number[]): readonly number[] =>
  percentiles({ values: Float32Array.from(values) }, wanted);

/** Percentile by sorting, as NumPy defines it. */
const sorted = (values: Float32Array, percent: number): number => {
  const ascending = values.slice().sort();
  const position = (percent / 100) * (values.length - 1);
  const [lower, upper] = [Math.floor(position), Math.ceil(position)].map((i) => ascending[i]!) as [
    number,
    number,
  ];
  return lower + (upper - lower) * (position - Math.floor(position));
};

test("linear between elements: the numbers of docs/methods.md section 8.5", () => {
  const steps = Array.from({ length: 101 }, (_, i) => i / 10);
  allClose(of(steps, [1, 99]), [0.1, 9.9], 1e-6);
  allClose(of([-5, -1, 0, 1, 2, 3, 4, 100], [10, 90]), [-2.2, 32.8], 1e-12);
});

test("0 and 100 are the ends, 50 the median; a single element is all of them", () => {
  assert.equal(of([3, -1, 2], [0, 50, 100]), [-1, 2, 3]);
  assert.equal(of([-7], [0, 1, 50, 100]), [-7, -7, -7, -7]);
  assert.equal(of([5, 5, 5], [0, 33, 100]), [5, 5, 5]);
});

const numbers = fc.array(
  fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(0, -0, 1, -1, 2 ** -149, -(2 ** -140)),
  ),
  { minLength: 1, maxLength: 40 },
);

test("the same as by sorting: of either sign, across powers of two, subnormal or zero", () =>
  forAll(fc.tuple(numbers, fc.double({ min: 0, max: 100, noNaN: true })), ([some, percent]) => {
    const values = Float32Array.from(some);
    assert.is(percentiles({ values }, [percent])[0]! + 0, sorted(values, percent) + 0);
  }));

test("of a histogram: exact at both ends, and between them far closer than a bin is wide", () => {
  const values = elements(gaussian([1, 50, 50, 4], "percentiles"));
  const told = histogram({ values });
  const wanted = [0, 1, 5, 25, 75, 95, 99, 100];
  const exact = percentiles({ values }, wanted);
  percentiles(told, wanted).forEach((found, i) => {
    close(found / exact[i]!, 1, 0.01, `percentile ${wanted[i]}`);
  });
  assert.equal(percentiles(told, [0, 100]), [exact[0], exact[7]]);
});

test("of a histogram: what a tensor repeats at an end, or at 0, has its whole share there", () => {
  const rectified = Float32Array.from({ length: 1000 }, (_, i) => Math.min(Math.max((i - 400) / 50, 0), 6));
  assert.equal(percentiles(histogram({ values: rectified }), [0, 39, 71, 99]), [0, 0, 6, 6]);
});

test("the sample is read from where it lies in its memory, and left as it is", () => {
  const memory = Float32Array.of(100, 3, 1, 2, -100);
  assert.equal(percentiles({ values: memory.subarray(1, 4) }, [0, 50, 100]), [1, 2, 3]);
  assert.equal(memory, Float32Array.of(100, 3, 1, 2, -100));
});

test.run();
