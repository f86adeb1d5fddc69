import { suite } from "uvu";
import * as assert from "uvu/assert";
import { differenceOf, spreadOf } from "../../../pipelines/studies/spread.ts";
import { allClose } from "../../support/close.ts";

const test = suite("spread");

test("mean, sample standard deviation and extremes", () => {
  // Deviations from 3 are -2, 0 and 2: 8 / (3 - 1) = 4.
  assert.equal(spreadOf([1, 3, 5]), { mean: 3, sd: 2, min: 1, max: 5 });
});

test("one value has no deviation, and none have no spread", () => {
  assert.equal(spreadOf([0.5]), { mean: 0.5, sd: null, min: 0.5, max: 0.5 });
  assert.is(spreadOf([]), null);
});

test("equal values have no deviation at all, and one that is infinite has none that could be told", () => {
  assert.is(spreadOf([0.1, 0.1, 0.1])?.sd, 0);
  assert.equal(spreadOf([30, Number.POSITIVE_INFINITY]), {
    mean: Number.POSITIVE_INFINITY,
    sd: null,
    min: 30,
    max: Number.POSITIVE_INFINITY,
  });
});

/** Differences with so many degrees of freedom whose t is as wanted: half of them lie above the mean, half below. */
const withT = (t: number, df: number): readonly number[] => {
  const n = df + 1;
  const signs = Array.from({ length: n }, (_, i) => (n % 2 === 1 && i === 0 ? 0 : i % 2 === 0 ? 1 : -1));
  const sd = Math.sqrt(signs.reduce((sum: number, sign) => sum + sign * sign, 0) / df);
  return signs.map((sign) => sign + (t * sd) / Math.sqrt(n));
};

test("p is 5 % at the critical values that tables of Student's t have for 1 to 120 degrees of freedom", () => {
  const critical = [
    [12.7062, 1],
    [4.3027, 2],
    [3.1824, 3],
    [2.7764, 4],
    [2.5706, 5],
    [2.2281, 10],
    [2.201, 11],
    [1.9799, 120],
  ] as const;
  for (const [t, df] of critical)
    for (const sign of [1, -1]) allClose([differenceOf(withT(sign * t, df), 0)!.p!], [0.05], 1e-5);
  allClose([differenceOf(withT(0, 7), 0)!.p!], [1], 1e-12);
});

test("p by closed forms: 1 - 2 atan(t) / pi with one degree of freedom, 1 - t / sqrt(2 + t^2) with two", () => {
  for (const t of [0.1, 1, 3, 30, 1000]) {
    const [one, two] = [1, 2].map((df) => differenceOf(withT(t, df), 0)!.p!);
    allClose([one!, two!], [1 - (2 * Math.atan(t)) / Math.PI, 1 - t / Math.sqrt(2 + t * t)], 1e-12);
  }
});

test("a difference has the standard error of its mean, and is judged by it", () => {
  // sd 1, so standard error 1 / sqrt(3) and t = 2 sqrt(3) with 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2).
  const { p, ...difference } = differenceOf([1, 2, 3], 1)!;
  assert.equal(difference, { seeds: 3, mean: 2, standardError: 1 / Math.sqrt(3), equivalence: null });
  allClose([p!], [1 - Math.sqrt(12 / 14)], 1e-12);
});

test("the sample cannot say: one pair, equal runs, the same difference at every seed", () => {
  const silent = { standardError: null, p: null, equivalence: null };
  assert.equal(differenceOf([0.25], 0.001), { seeds: 1, mean: 0.25, ...silent });
  assert.equal(differenceOf([0, 0], 0.001), { seeds: 2, mean: 0, ...silent });
  assert.equal(differenceOf([0.25, 0.25], 0), { seeds: 2, mean: 0.25, ...silent });
  assert.is(differenceOf([], 0.001), null);
});

test("the sample cannot say either where differences deviate by no more than rounding, or by less than a test image", () => {
  // 0.93 - 0.95 and 0.92 - 0.94 are not the same number in float64.
  const found = differenceOf([0.93 - 0.95, 0.92 - 0.94], 1 / 1000)!;
  assert.equal([found.standardError, found.p], [null, null]);
  // Of 1,000 images 20 and 21 less: they deviate by 0.71 of an image. 20 and 22: by 1.41.
  assert.is(differenceOf([-0.02, -0.021], 1 / 1000)!.p, null);
  assert.ok(differenceOf([-0.02, -0.022], 1 / 1000)!.p! < 0.05);
  // Of 10,000 images the former are 200 and 210.
  assert.ok(differenceOf([-0.02, -0.021], 1 / 10_000)!.p! < 0.05);
});

test("a difference that is not finite has a mean, and nothing that judges it", () =>
  assert.equal(differenceOf([Number.POSITIVE_INFINITY, 1], 1e-6), {
    seeds: 2,
    mean: Number.POSITIVE_INFINITY,
    standardError: null,
    p: null,
    equivalence: null,
  }));

test.run();
