/** @file Logarithmic levels: powerOfTwo and luq. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { luq } from "../../quantizers/luq.ts";
import { powerOfTwo } from "../../quantizers/powerOfTwo.ts";
import { powersUpTo } from "../../quantizers/powers.ts";
import { close } from "../support/close.ts";
import { given, noiseOf, projectedBy, valuesBy } from "../support/projecting.ts";

const test = suite("powers of two as levels");
const range = { lo: -1, hi: 1 };
const e7 = luq({ levels: 7 });

test("luq, methods.md 8.6: with 7 levels up to 1 the least is 1/64", () => {
  assert.equal(powersUpTo(1, 7), { least: 0.015625, count: 7 });
});

test("luq, methods.md 8.6: -0.3 lies between 1/4 and 1/2 and goes up with probability 0.2", () => {
  const up = (u: number) => valuesBy(e7, [-0.3], { range, noise: given(u) })[0];
  assert.equal([0.79, 0.81].map(up), [-0.25, -0.5]);
});

test("luq, methods.md 8.6: 0.004 survives as 1/64 with probability 0.256", () => {
  const up = (u: number) => valuesBy(e7, [0.004], { range, noise: given(u) })[0];
  assert.equal([0.743, 0.745].map(up), [0, 0.015625]);
});

test("luq: the largest value is a level of its own, whatever it is; a range in hindsight clips", () => {
  const noise = noiseOf(1);
  const values = valuesBy(luq(), [0.7, -0.1], { noise });
  assert.is(values[0], Math.fround(0.7));
  const late = projectedBy(luq(), [0.7, -3], { range: { lo: -0.7, hi: 0.1 }, noise });
  assert.equal([late.values[1], late.clipped], [-Math.fround(0.7), 1]);
});

test("luq: the average of four draws has a quarter of the variance", () => {
  const variance = (draws: number): number => {
    const values = valuesBy(luq({ levels: 7, draws }), new Float32Array(40000).fill(0.3), {
      range,
      noise: noiseOf(2),
    });
    return values.reduce((sum, v) => sum + (v - 0.3) ** 2, 0) / values.length;
  };
  close(variance(1), 0.05 * 0.2, 2e-4);
  close(variance(4), (0.05 * 0.2) / 4, 5e-5);
});

test("powerOfTwo: the nearest power, half way upward; 4 bits are 7 magnitudes", () => {
  const x = [0, 0.49, 0.51, 1, 1.49, 1.5, 47, 49, 64, -3, -6];
  assert.equal(valuesBy(powerOfTwo(), x, { bits: 4 }), [0, 0, 1, 1, 1, 2, 32, 64, 64, -4, -8]);
});

test("powerOfTwo: the range ends at the power nearest to it, or above it where rounding is stochastic", () => {
  const top = (hi: number, noise?: (i: number) => number) =>
    valuesBy(powerOfTwo(), [hi], { bits: 3, noise })[0];
  assert.equal([top(5.9), top(6.1)], [4, 8]);
  const drawn = Array.from({ length: 64 }, (_, draw) => top(5, noiseOf(draw)));
  assert.equal([...new Set(drawn)].sort(), [4, 8]);
});

test("levels that float32 has no normal numbers for are left out", () => {
  assert.equal(powersUpTo(2 ** -125, 127), { least: 2 ** -126, count: 2 });
  assert.equal(powersUpTo(2 ** -130, 7), { least: 0, count: 1 });
  assert.equal(valuesBy(luq(), [2 ** -130], { noise: noiseOf(3) }), [0]);
});

test.run();
