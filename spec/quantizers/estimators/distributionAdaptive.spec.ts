/** @file A range for each channel: the numbers of docs/methods.md section 5. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeStat } from "../../../core/range.ts";
import { elements } from "../../../core/tensor.ts";
import {
  adaptedBound,
  channelStats,
  distributionAdaptive,
} from "../../../quantizers/estimators/distributionAdaptive.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { perChannel } from "../../../quantizers/projections/perChannel.ts";
import { allClose, close } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { statOf } from "../../support/measurable.ts";
import { projectedBy, valuesBy } from "../../support/projecting.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("distributionAdaptive");

const flat = [0.9, -0.8, 0.7, -1, 0.6, -0.75, 0.85, -0.95];
const peaked = [0.01, -0.02, 0.015, 0, -0.01, 0.9, 0.005, -0.012];
const usual = { normal: 0.3, rate: 0.8 };

/** Eight pixels of two channels. */
const both = Float32Array.from({ length: 16 }, (_, i) => (i % 2 ? peaked : flat)[i >> 1]!);
const shape = [1, 4, 2, 2];

test("the two channels of docs/methods.md: largest magnitudes and shares beyond one deviation", () =>
  allClose(channelStats({ values: both, shape }), [1, 0.5, 0.9, 0.125], 1e-7));

test("the normal one keeps all, the peaked one is clipped at 0.2 * 0.5 + 0.8 * 0.9", () => {
  close(adaptedBound(0.5, { largest: 1, beyond: 0.5 }, usual), 1, 0);
  close(adaptedBound(0.5, { largest: 0.9, beyond: 0.125 }, usual), 0.82, 1e-12);
});

test("a channel of zeros keeps its bound; a constant one is not normal", () => {
  assert.is(adaptedBound(0.5, { largest: 0, beyond: 0 }, usual), 0.5);
  assert.is(adaptedBound(undefined, { largest: 0, beyond: 0 }, usual), 0);
  assert.equal(channelStats({ values: Float32Array.of(3, 0, 3, 0), shape: [1, 1, 2, 2] }), [3, 0, 0, 0]);
});

test("normal elements have 0.317 of them beyond one deviation", () => {
  const [, beyond] = channelStats({
    values: elements(gaussian([1, 100, 100, 1], "normal")),
    shape: [1, 100, 100, 1],
  });
  close(beyond!, 0.317311, 0.01);
});

test("a deviation is from the mean, a distance from 0", () =>
  // Of 1, 2, 3 the deviation is 0.816, which all of them are beyond.
  assert.equal(channelStats({ values: Float32Array.of(1, 2, 3), shape: [1, 1, 3, 1] }), [3, 1]));

test("codes of 8 bits", () => {
  const project = (bounds: readonly number[]) =>
    projectedBy(perChannel(), both, { shape, range: { lo: -1, hi: 1, channels: bounds } });
  const { values, clipped, gradientMask } = project([1, 0.82]);
  const codes = (c: number, bound: number): readonly number[] =>
    [...values].filter((_, i) => i % 2 === c).map((x) => Math.round((127 * x) / bound) + 0);
  assert.equal(codes(0, 1), [114, -102, 89, -127, 76, -95, 108, -121]);
  assert.equal(codes(1, 0.82), [2, -3, 2, 0, -2, 127, 1, -2]);
  assert.is(clipped, 1);
  assert.is(gradientMask!.indexOf(0), 11);
});

test("a channel without a bound is 0; without bounds for channels one range is for all", () => {
  const zero = projectedBy(perChannel(), both, { shape, range: { lo: 0, hi: 1, channels: [0, 1] } });
  assert.ok(zero.values.every((x, i) => i % 2 === 1 || x === 0));
  assert.equal(
    valuesBy(perChannel(), both, { shape, range: { lo: -2, hi: 1 } }),
    valuesBy(perChannel(), both, { shape, range: { lo: -2, hi: 2, channels: [2, 2] } }),
  );
});

test("stochastic rounding takes the noise of its element, and stays inside of the bound", () => {
  const range = { lo: -1, hi: 1, channels: [1, 1] };
  const noisy = (n: number) =>
    valuesBy(perChannel(), [0.5, 1], { range, bits: 3, noise: () => Float32Array.of(n, n) });
  allClose(noisy(-0.4), [1 / 3, 1], 1e-7);
  allClose(noisy(0.4), [2 / 3, 1], 1e-7);
});

const scaledBy = (k: number): RangeStat => statOf({ values: both.map((x) => k * x), shape });

test("bounds follow each channel on its own, and permute with the channels", () => {
  const turned = (k: number): RangeStat => statOf({ values: both.map((_, i) => k * both[i ^ 1]!), shape });
  const plain = used(distributionAdaptive(), [1, 2, 4].map(scaledBy)).map(({ range }) => range.channels!);
  // The normal channel keeps what is largest; the other mixes 0.2 of its past: 0.9, 0.2 * 0.9 + 0.8 * 1.8, ..
  allClose(plain.flat(), [1, 0.9, 2, 1.62, 4, 3.204], 1e-6);
  const swapped = used(distributionAdaptive(), [1, 2, 4].map(turned)).map(({ range }) => range.channels!);
  assert.equal(
    swapped,
    plain.map((bounds) => bounds.toReversed()),
  );
});

test("in hindsight: the bounds of the tensor before", () => {
  const stats = [1, 2, 4].map(scaledBy);
  const now = used(distributionAdaptive(), stats).map(({ range }) => range);
  const late = used(inHindsight(distributionAdaptive()), stats);
  assert.equal(
    late.map(({ range }) => range),
    [now[0], now[0], now[1]],
  );
  assert.equal(
    late.map(({ isStatic }) => isStatic),
    [false, true, true],
  );
});

test.run();
