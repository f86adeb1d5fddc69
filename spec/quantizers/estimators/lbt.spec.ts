/** @file Intervals led by large gradients: the numbers of docs/methods.md section 2. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import type { RangeStat } from "../../../core/range.ts";
import { roundHalfEven, roundStochastic } from "../../../core/rounding.ts";
import type { Sample } from "../../../core/sample.ts";
import {
  clipTarget,
  countAbove,
  lbt,
  lbtHindsight,
  movedFactor,
  startFactor,
} from "../../../quantizers/estimators/lbt.ts";
import { allClose, close } from "../../support/close.ts";
import { used } from "../../support/estimators.ts";
import { statOf } from "../../support/measurable.ts";
import { symmetricGrid } from "../../support/tensors.ts";

const test = suite("lbt");

test("the target is the share of large elements over the number of steps", () => {
  allClose(
    [4, 5, 6, 8].map((bits) => clipTarget(bits, 1e-3)),
    [6.66667e-5, 3.22581e-5, 1.5873e-5, 3.92157e-6],
    5e-11,
  );
});

test("0, 0, 1, 0, 2, 0 clipped of 10000: the factor goes to and fro", () => {
  let factor = 1;
  const factors = [0, 0, 1, 0, 2, 0].map((clipped) => {
    factor = movedFactor(factor, clipped / 10_000, clipTarget(4, 1e-3), 1e-3);
    return factor;
  });
  allClose(factors, [0.999, 0.998, 0.999, 0.998, 0.999, 0.998], 1e-12);
});

test("the factor stays from 0.001 to 1, and where it is if the share is the target", () => {
  assert.is(movedFactor(1, 0.5, 0.1, 1e-3), 1);
  assert.is(movedFactor(0.001, 0, 0.1, 1e-3), 0.001);
  assert.is(movedFactor(0.5, 0.1, 0.1, 1e-3), 0.5);
});

const powers: Sample = { values: Float32Array.from({ length: 100_000 }, (_, i) => ((i + 1) / 1e5) ** 8) };

test("the first factor of |g_i| = (i / 1e5)^8 is 0.968", () => {
  close(startFactor(powers, 1, clipTarget(4, 1e-3), 1e-3), 0.968, 1e-9);
});

test("it is found after 34 tensors, with a slow average of 7.0240e-5: a target above that would ask for more", () => {
  const [below, above] = [7.02395e-5, 7.02405e-5].map((target) => startFactor(powers, 1, target, 1e-3));
  close(below!, 1 - 33e-3 + 1e-3, 1e-9);
  close(above!, 1 - 34e-3 + 1e-3, 1e-9);
});

test("signs and order make no difference to it, and a histogram hardly any", () => {
  const turned = { values: powers.values.map((x, i) => (i % 2 ? x : -x)).reverse() };
  close(startFactor(turned, 1, clipTarget(4, 1e-3), 1e-3), 0.968, 1e-9);
  close(startFactor(histogram(turned), 1, clipTarget(4, 1e-3), 1e-3), 0.968, 2e-3);
});

test("a tensor with fewer elements than the target allows to clip starts as narrow as it can", () => {
  const sparse = { values: Float32Array.from({ length: 100_000 }, (_, i) => (i === 7 ? 1 : 0)) };
  assert.is(startFactor(sparse, 1, clipTarget(2, 1e-3), 1e-3), 0.001);
});

test("elements above a bound are counted by magnitude; those on it are not above it", () => {
  assert.is(countAbove({ values: Float32Array.of(-2, 1, 2, 3, -3.5) }, 2), 2);
  const told = histogram({ values: Float32Array.of(-3, -3, -2.01, -2.05, 1, 1.5, 2.2) });
  assert.is(countAbove(told, 2), 5);
  assert.is(countAbove(told, 3), 0, "the extremes are where they are");
  close(
    countAbove(told, 2.0625),
    4,
    1e-12,
    "two elements in a bin from 2 to 2.125, one of them above its middle",
  );
});

/** `clipped` of 100 elements are 1, the others small. */
const withLarge = (clipped: number, size = 1): RangeStat =>
  statOf(
    { values: Float32Array.from({ length: 100 }, (_, i) => (i < clipped ? size : size / 100)) },
    { bits: 4 },
  );

test("lbt: the factor that is there, times the maximum of this very tensor", () => {
  const stats = [withLarge(10), withLarge(10, 10), withLarge(1, 5), withLarge(1, 2), withLarge(1, 3)];
  const found = used(lbt({ share: 0.3 }), stats);
  const factors = found.map(({ range }, n) => range.hi / stats[n]!.max);
  const start = factors[0]!;
  assert.ok(start > 0.5 && start < 0.9, `${start}`);
  // The target is 0.3 / 15 = 2 of 100: with 10 above the bound the factor grows, with 1 it falls.
  allClose(factors, [start, start, start + 0.001, start, start - 0.001], 1e-12);
  assert.ok(found.every(({ isStatic }) => !isStatic));
});

test("lbt: an outlier changes the range of its own tensor, lbtHindsight: only those after it", () => {
  const calm = [1, 1, 1, 1].map((size) => withLarge(10, size));
  const struck = calm.with(2, withLarge(10, 1000));
  const differ = (estimator: ReturnType<typeof lbt>): readonly boolean[] => {
    const [a, b] = [used(estimator, calm), used(estimator, struck)];
    return a.map(({ range }, n) => range.hi !== b[n]!.range.hi);
  };
  assert.equal(differ(lbt()), [false, false, true, false]);
  assert.equal(differ(lbtHindsight()), [false, false, false, true]);
});

test("lbtHindsight: factor and averaged maximum of the tensors before, and the share that its own range clipped", () => {
  const stats = [withLarge(10, 1), withLarge(10, 2), withLarge(10, 2), withLarge(10, 2)];
  const found = used(lbtHindsight({ decay: 0.5, share: 0.3 }), stats).map(({ range }) => range.hi);
  const start = found[0]!;
  assert.ok(start > 0.5 && start < 0.9, `${start}`);
  // 10 of 100 lie above the bound, and the target is 2: the factor grows each time.
  allClose(found, [start, start, (start + 0.001) * 1.5, (start + 0.002) * 1.75], 1e-12);
});

test("on the symmetric grid, the codes of docs/methods.md, which count from the lower end", () => {
  const g = [0.5, -0.12, 0.03, -0.02, 0.31, -0.45];
  const on = (bound: number, round: (v: number, i: number) => number = roundHalfEven) => {
    const { scale, qmin, qmax } = symmetricGrid({ lo: -bound, hi: bound }, 4);
    const [step] = scale as unknown as [number];
    const codes = g.map((x, i) => Math.min(Math.max(round(x / step, i), qmin), qmax));
    return { codes: codes.map((code) => code - qmin), values: codes.map((code) => step * code) };
  };
  assert.equal(on(0.5).codes, [14, 5, 7, 7, 11, 1]);
  allClose(on(0.5).values, [0.5, -0.142857, 0, 0, 0.285714, -0.428571], 5e-7);
  assert.equal(on(0.4).codes, [14, 5, 8, 7, 12, 0]);
  allClose(on(0.4).values, [0.4, -0.114286, 0.057143, 0, 0.285714, -0.4], 5e-7);
  const noise = [0.4, -0.3, 0.2, -0.45, 0.1, 0];
  const drawn = on(0.4, (v, i) => roundStochastic(v, noise[i]! + 0.5));
  assert.equal(drawn.codes, [14, 5, 8, 6, 13, 0]);
});

test.run();
