/** @file Logarithmic levels: powerOfTwo and luq. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { floorLog2 } from "../../../core/powers.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { powerOfTwo } from "../../../quantizers/projections/powerOfTwo.ts";
import { type Powers, powersUpTo, projectOntoPowers } from "../../../quantizers/projections/powers.ts";
import type { Noise } from "../../../quantizers/projections/projection.ts";
import { close, sameBits } from "../../support/close.ts";
import { given, noiseOf, projectedBy, valuesBy } from "../../support/projecting.ts";
import { besides } from "../../support/tensors.ts";

const test = suite("powers of two as levels");
const range = { lo: -1, hi: 1 };
const e7 = luq({ levels: 7 });

/** Level of an element by the formula; u is its noise. */
const formula = ({ least, count }: Powers, limit: number, v: number, u?: number): number => {
  const magnitude = Math.abs(v);
  const ratio = Math.fround(Math.min(magnitude, limit) / least);
  const lower = ratio < 1 ? 0 : 2 ** floorLog2(ratio);
  const upper = ratio < 1 ? 1 : 2 * lower;
  const up = (ratio - lower) / (upper - lower);
  const drawn = (u === undefined ? up >= 0.5 : up + 0.5 + u >= 1) ? upper : lower;
  const most = 2 ** (count - 1);
  const level = least * (magnitude > limit ? most : Math.min(drawn, most));
  return v < 0 ? 0 - level : level;
};

test("levels that are found by the bits of a number are those of the formula, next to every threshold", () => {
  const thresholds = Array.from({ length: 24 }, (_, k) => [1, 1.5, 1.2].map((f) => f * 2 ** (k - 20))).flat();
  const x = besides(thresholds);
  for (const limit of [1, 0.7, 5])
    for (const [most, count] of [
      [1, 1],
      [1, 7],
      [3, 7],
      [4, 127],
    ] as const) {
      const powers = powersUpTo(most, count);
      sameBits(
        projectOntoPowers(powers, limit, x, { noise: undefined }).values,
        x.map((v) => formula(powers, limit, v)),
      );
      for (const u of [-0.499, -0.2, 0, 0.2, 0.499])
        sameBits(
          projectOntoPowers(powers, limit, x, { noise: () => new Float32Array(x.length).fill(u) }).values,
          x.map((v) => formula(powers, limit, v, Math.fround(u))),
        );
    }
});

test("luq, docs/methods.md 8.6: with 7 levels up to 1 the least is 1/64", () => {
  assert.equal(powersUpTo(1, 7), { least: 0.015625, count: 7 });
});

test("luq, docs/methods.md 8.6: -0.3 lies between 1/4 and 1/2 and goes up with probability 0.2", () => {
  const up = (u: number) => valuesBy(e7, [-0.3], { range, noise: given(u) })[0];
  assert.equal([0.79, 0.81].map(up), [-0.25, -0.5]);
});

test("luq, docs/methods.md 8.6: 0.004 survives as 1/64 with probability 0.256", () => {
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
  const top = (hi: number, noise?: Noise) => valuesBy(powerOfTwo(), [hi], { bits: 3, noise })[0];
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
