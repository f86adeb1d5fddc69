import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import { roundHalfEven } from "../../core/rounding.ts";
import { binWidth, histogram } from "../../core/sample.ts";
import { elements } from "../../core/tensor.ts";
import { close } from "../support/close.ts";
import { forAll } from "../support/lawful.ts";
import { affineGrid, gaussian, symmetricGrid } from "../support/tensors.ts";

const test = suite("quantization error");

const ends = fc
  .tuple(fc.integer({ min: -100, max: 0 }), fc.integer({ min: 1, max: 100 }))
  .map(([lo, hi]) => ({ lo, hi }));

test("of elements: the sum of what quantizing and going back leaves, clipped ones among them", () =>
  forAll(
    fc.tuple(ends, fc.array(fc.integer({ min: -1500, max: 1500 }), { minLength: 1 })),
    ([range, tenths]) => {
      for (const params of [affineGrid(range, 4), symmetricGrid(range, 3)]) {
        const values = Float32Array.from(tenths, (x) => x / 10);
        const [s, z] = [params.scale[0]!, params.zeroPoint[0]!];
        let expected = 0;
        for (const x of values) {
          const q = Math.min(Math.max(roundHalfEven(x * (1 / s)) + z, params.qmin), params.qmax);
          expected += (x - s * (q - z)) ** 2;
        }
        close(squaredErrorOf({ values })(params), expected, 1e-9 * (1 + expected));
      }
    },
  ));

test("of a histogram: that of elements spread evenly over the bins", () => {
  for (const range of [
    { lo: -1, hi: 3 },
    { lo: -0.2, hi: 0.1 },
    { lo: -100, hi: 100 },
  ]) {
    const middle = histogram({ values: Float32Array.of(0.77) }).values[0]!;
    const half = binWidth(middle) / 2;
    for (const value of [middle, -middle]) {
      const spread = Float32Array.from({ length: 100_000 }, (_, i) => value + half * ((i + 0.5) / 5e4 - 1));
      for (const params of [affineGrid(range, 8), affineGrid(range, 2)]) {
        const expected = squaredErrorOf({ values: spread })(params) / 1e5;
        const found = squaredErrorOf({ values: Float32Array.of(value), counts: Uint32Array.of(1) })(params);
        close(found / expected, 1, 1e-3);
      }
    }
  }
});

test("a histogram's error is within a few per cent of the tensor's", () => {
  const values = elements(gaussian([4, 16, 16, 8], "x"));
  for (const bits of [3, 4, 6, 8])
    for (const bound of [1, 3, 5]) {
      const params = affineGrid({ lo: -bound, hi: bound }, bits);
      close(squaredErrorOf(histogram({ values }))(params) / squaredErrorOf({ values })(params), 1, 0.03);
    }
});

test("a bin is as wide as a sixteenth of its octave; that of 0 has no width", () => {
  assert.equal([binWidth(1.03125), binWidth(-3.9), binWidth(0.5), binWidth(0)], [1 / 16, 1 / 8, 1 / 32, 0]);
});

test.run();
