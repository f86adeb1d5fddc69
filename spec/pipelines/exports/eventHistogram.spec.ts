/** @file Histograms for TensorBoard: buckets side by side, each of some width, which hold the elements of the tensor. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import { eventHistogram } from "../../../pipelines/exports/eventHistogram.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("histograms for TensorBoard");

const of = (...values: readonly number[]) => eventHistogram(histogram({ values: Float32Array.from(values) }));

/** Distance of float32 numbers from 1 to 2. */
const ulp = 2 ** -23;

test("elements of a bin share its bucket, equal ones have a bucket that reaches to the next float32 number", () => {
  const { min, max, num, sum, limits, counts } = of(0, 0, 0, 2.01, 2.02, 6, 6);
  assert.equal([min, max, num, sum], [0, 6, 7, 2 * 2.0625 + 12]);
  assert.equal(
    limits.map((limit, i) => [limit, counts[i]]),
    [
      [2 ** -149, 3],
      [2, 0],
      [2.125, 2],
      [6 - 4 * ulp, 0],
      [6, 2],
    ],
  );
});

test("float32 numbers side by side have buckets side by side; those between the ends go to the largest", () => {
  const { limits, counts } = of(1, 1 + ulp, 1 + 2 * ulp);
  assert.equal(limits, [1 + ulp, 1 + 2 * ulp]);
  assert.equal(counts, [1, 2]);
  assert.equal(of(-1, -1 + ulp / 2).limits, [-1 + ulp / 2]);
  assert.equal(of(-1, -1 + ulp / 2).counts, [2]);
});

test("a tensor of equal elements has one bucket that is not empty, and ends at them", () => {
  for (const value of [0, 3, -3, 2e-38, 3e38]) {
    const { min, max, limits, counts } = of(value, value);
    const [from, to] = limits as [number, number];
    assert.equal([min, max, to, counts], [Math.fround(value), Math.fround(value), max, [0, 2]]);
    assert.ok(from < to && from === Math.fround(from), `${value}`);
  }
});

test("buckets of any tensor rise, are as wide as float32 numbers tell, end at its largest element and hold all", () => {
  const normal = elements(gaussian([2000], "buckets"));
  const tensors = [
    normal,
    normal.map((x) => Math.max(x, 0)),
    normal.map((x) => x * 1e-30),
    normal.map((x) => 1 + x * 1e-6),
    normal.map(Math.round),
    Float32Array.of(-3e38, 0, 3e38),
  ];
  for (const values of tensors) {
    const { min, max, num, sum, sumSquares, limits, counts } = eventHistogram(histogram({ values }));
    assert.equal([min, max, num], [Math.min(...values), Math.max(...values), values.length]);
    assert.is(
      counts.reduce((all, count) => all + count, 0),
      values.length,
    );
    const edges = [min, ...limits];
    assert.ok(edges.every((edge, i) => i === 0 || Math.fround(edge) > Math.fround(edges[i - 1]!)));
    assert.is(limits.at(-1), max);
    for (const [i, count] of counts.entries()) {
      const [from, to] = [edges[i]!, edges[i + 1]!];
      const upTo = (edge: number, isIn: (x: number) => boolean): number =>
        values.reduce((all, x) => all + (x < edge || isIn(x) ? 1 : 0), 0);
      const within = upTo(to, (x) => x === to) - upTo(from, () => false);
      assert.ok(count <= within, `${count} of ${within} in [${from}, ${to}]`);
    }
    const total = (f: (x: number) => number): number => values.reduce((all, x) => all + f(x), 0);
    assert.ok(Math.abs(sum - total((x) => x)) <= 0.032 * total(Math.abs));
    assert.ok(Math.abs(sumSquares - total((x) => x * x)) <= 0.065 * total((x) => x * x));
  }
});

test.run();
