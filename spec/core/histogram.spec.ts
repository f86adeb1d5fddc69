import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { binsOf, histogram, shareInside, spreadOverBins } from "../../core/histogram.ts";
import { magnitudesOf } from "../../core/magnitudes.ts";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import { elements } from "../../core/tensor.ts";
import { allClose, close } from "../support/close.ts";
import { forAll } from "../support/lawful.ts";
import { affineGrid, gaussian } from "../support/tensors.ts";

const test = suite("histograms");

const of = (...values: readonly number[]) => histogram({ values: Float32Array.from(values) });

const isNormal = (x: number): boolean => Math.abs(x) >= 2 ** -126;

const normalNumbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }).filter(isNormal), {
  minLength: 1,
  maxLength: 50,
});

/** Numbers next to each other and to the edges of bins, where rounding decides most. */
const crowded = fc.array(
  fc.tuple(fc.constantFrom(-1, 1), fc.constantFrom(1, 1.0625, 2), fc.integer({ min: -2, max: 2 })),
  { minLength: 1, maxLength: 12 },
);
const crowdedNumbers = crowded.map((some) =>
  some.map(([sign, edge, ulps]) => Math.fround(sign * edge * (1 + ulps * 2 ** -23))),
);

const kinds = fc.oneof(normalNumbers, crowdedNumbers);

const totalOf = (counts: Iterable<number>): number => [...counts].reduce((sum, count) => sum + count, 0);

test("every element is counted once, in a bin that holds it and whose value is within 3.1 % of it", () =>
  forAll(
    kinds,
    (some) => {
      const { values, counts } = of(...some);
      const { lo, hi } = binsOf(values);
      const left = Array.from(counts!);
      for (const x of [...some].sort((a, b) => a - b)) {
        const bin = left.findIndex((count, i) => count > 0 && lo[i]! <= x && x <= hi[i]!);
        assert.ok(bin >= 0, `${x} has no bin`);
        left[bin]!--;
        assert.ok(Math.abs(values[bin]! - x) <= 0.0313 * Math.abs(x), `${values[bin]} stands for ${x}`);
      }
      assert.is(totalOf(left), 0);
    },
    300,
  ));

test("the extremes stand for themselves, as often as they are there, and no bin reaches beyond them", () =>
  forAll(
    kinds,
    (some) => {
      const { values, counts } = of(...some);
      const [min, max] = [Math.min(...some), Math.max(...some)];
      assert.equal([values[0], values.at(-1)], [min, max]);
      assert.is(counts![0], some.filter((x) => x === min).length);
      assert.is(counts!.at(-1), some.filter((x) => x === max).length);
      const { lo, hi } = binsOf(values);
      assert.ok(lo.every((x, i) => min <= x && x <= values[i]! && values[i]! <= hi[i]! && hi[i]! <= max));
      const inside = shareInside(binsOf(values), { lo: min, hi: max });
      assert.ok(values.every((_, i) => inside(i) === 1));
    },
    300,
  ));

test("values ascend, each once, and each was counted", () =>
  forAll(
    kinds,
    (some) => {
      const { values, counts } = of(...some, 0, -0);
      for (let i = 1; i < values.length; i++) assert.ok(values[i]! > values[i - 1]!);
      assert.ok(counts!.every((count) => count > 0));
    },
    300,
  ));

test("a tensor in figures: repeated ends, zeros, and bins that end where the tensor does", () => {
  const { values, counts } = of(0, 0, 0, 0.11, 2.01, 2.02, 5.8, 6, 6);
  const { lo, hi } = binsOf(values);
  allClose(values, [0, 0.111328125, 2.0625, 5.875, 6], 1e-7);
  assert.equal([...counts!], [3, 1, 2, 1, 2]);
  assert.equal([...lo], [0, 0.109375, 2, 5.75, 6]);
  assert.equal([...hi], [0, 0.11328125, 2.125, 6, 6]);
  // Both ends in one bin: what is between them lies between them.
  assert.equal(
    [...of(1.01, 1.02, 1.03).values].map((x) => Math.round(1e4 * x) / 1e4),
    [1.01, 1.02, 1.03],
  );
});

test("0, -0 and everything below the normal numbers stand as one 0", () => {
  const { values, counts } = of(0, -0, 2 ** -149, -(2 ** -127), 2 ** -126);
  assert.is(values.length, 2);
  assert.is(Object.is(values[0], 0), true);
  assert.is(counts![0], 4);
  assert.is(values[1], 2 ** -126);
});

test("NaN and infinities are not counted", () => {
  const { values, counts } = of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1);
  assert.equal([values.length, counts![0]], [1, 1]);
  assert.is(of(Number.NaN).values.length, 0);
  assert.is(of().values.length, 0);
});

test("spread over bins: as many elements, in their order, none beyond the extremes", () =>
  forAll(kinds, (some) => {
    const { values, weights } = spreadOverBins(of(...some));
    close(totalOf(weights), some.length, 1e-9);
    for (let i = 1; i < values.length; i++) assert.ok(values[i]! >= values[i - 1]!);
    assert.is(values[0], Math.fround(Math.min(...some)));
    assert.is(values.at(-1), Math.fround(Math.max(...some)));
  }));

/** Most pixels are background, and many are white. */
const image = elements(gaussian([1, 100, 100, 1], "image")).map((v) =>
  Math.fround((Math.round(Math.min(Math.max(200 * (v - 0.6), 0), 255)) / 255 - 0.1307) / 0.3081),
);
const relu6 = elements(gaussian([1, 100, 100, 1], "relu6", 4)).map((v) => Math.min(Math.max(v, 0), 6));

test("the squared error of images and of rectified tensors is within 7 % (0.3 dB) of the elements' own", () => {
  for (const [name, values] of Object.entries({ image, relu6 }))
    for (const bits of [4, 6, 8]) {
      const range = { lo: Math.min(...values), hi: Math.max(...values) };
      const ratio =
        squaredErrorOf(histogram({ values }))(affineGrid(range, bits)) /
        squaredErrorOf({ values })(affineGrid(range, bits));
      close(ratio, 1, 0.07, `${name} at ${bits} bits`);
    }
});

test("counts and sums of magnitudes above a bound are nearly those of the elements, and exact at the extremes", () => {
  for (const values of [image, relu6, elements(gaussian([1, 50, 50, 4], "magnitudes"))]) {
    const [exact, told] = [magnitudesOf({ values }), magnitudesOf(histogram({ values }))];
    const largest = Math.max(...values.map(Math.abs));
    for (const share of [0.02, 0.3, 0.9, 0.999]) {
      const [a, b] = [exact.above(share * largest), told.above(share * largest)];
      close(told.countFrom(b) / values.length, exact.countFrom(a) / values.length, 0.01);
      close(told.sumFrom(b) / exact.sumFrom(0), exact.sumFrom(a) / exact.sumFrom(0), 0.01);
    }
    assert.is(told.countFrom(told.above(largest)), 0);
    close(told.countFrom(told.above(largest, true)), exact.countFrom(exact.above(largest, true)), 1e-9);
  }
});

test.run();
