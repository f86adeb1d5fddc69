import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { binsOf, histogram } from "../../core/histogram.ts";
import { roundings, squaredErrorOf } from "../../core/quantizationError.ts";
import { roundHalfEven } from "../../core/rounding.ts";
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

test("of stochastic rounding: the mean over its noise, and as for rounding to nearest where it clips", () => {
  const values = Float32Array.of(-3, -0.9, -0.41, 0, 0.07, 0.5, 1.3, 4);
  for (const params of [affineGrid({ lo: -1, hi: 2 }, 4), symmetricGrid({ lo: -1, hi: 2 }, 3)]) {
    const [s, z] = [params.scale[0]!, params.zeroPoint[0]!];
    const draws = 10_000;
    let expected = 0;
    for (const x of values)
      for (let i = 0; i < draws; i++) {
        const q = Math.min(Math.max(Math.floor(x / s + (i + 0.5) / draws) + z, params.qmin), params.qmax);
        expected += (x - s * (q - z)) ** 2 / draws;
      }
    close(squaredErrorOf({ values }, "stochastic")(params), expected, 1e-3);
    const outside = Float32Array.of(-3, 4);
    assert.is(
      squaredErrorOf({ values: outside }, "stochastic")(params),
      squaredErrorOf({ values: outside })(params),
    );
  }
});

for (const rounding of roundings)
  test(`of a histogram, ${rounding}: that of elements spread evenly over the bins`, () => {
    for (const range of [
      { lo: -1, hi: 3 },
      { lo: -0.2, hi: 0.1 },
      { lo: -100, hi: 100 },
    ]) {
      for (const sign of [1, -1]) {
        // The second of three values stands for a bin that both of its neighbours leave whole.
        const sample = histogram({ values: Float32Array.of(0.2, 0.77, 9).map((x) => sign * x) });
        const { lo, hi } = binsOf(sample.values);
        assert.equal([lo[1], hi[1]], sign > 0 ? [0.75, 0.78125] : [-0.78125, -0.75]);
        const spread = Float32Array.from(
          { length: 100_000 },
          (_, i) => lo[1]! + ((hi[1]! - lo[1]!) * (i + 0.5)) / 1e5,
        );
        for (const params of [affineGrid(range, 8), affineGrid(range, 2)]) {
          const ends = squaredErrorOf(
            { values: Float32Array.of(sample.values[0]!, sample.values[2]!) },
            rounding,
          )(params);
          const expected = squaredErrorOf({ values: spread }, rounding)(params) / 1e5 + ends;
          close(squaredErrorOf(sample, rounding)(params) / expected, 1, 1e-3);
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

test("a bin is as wide as a sixteenth of its octave; extremes and 0 have no width", () => {
  const { values } = histogram({ values: Float32Array.of(-8, -3.9, -0.5, 0, 0.5, 1.03, 2) });
  const { lo, hi } = binsOf(values);
  assert.equal(
    [...hi].map((end, i) => end - lo[i]!),
    [0, 1 / 8, 1 / 32, 0, 1 / 32, 1 / 16, 0],
  );
});

test.run();
