/**
 * @file Random numbers are good enough for rounding and shuffling, and depend on nothing but their key and counter.
 *
 * The bounds are those of the statistic named in each test at about five standard deviations; the draws have a fixed seed, so
 * a test that is green stays green until the generator changes.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  branch,
  fillRoundingNoise,
  type Key,
  key,
  normal,
  permutation,
  randomBits,
  roundingNoise,
  uniform,
} from "../../core/random.ts";
import { roundHalfEven } from "../../core/rounding.ts";

const test = suite("random");

const site = branch(key(7), "conv1/gradient");
const draws = 100_000;

/** Pearson's chi-square of `draws` values in [0, 1) over `cells` cells; mean cells - 1, deviation sqrt(2 (cells - 1)). */
const chiSquare = (cells: number, draw: (i: number) => number): number => {
  const counts = new Float64Array(cells);
  for (let i = 0; i < draws; i++) counts[Math.floor(draw(i) * cells)]!++;
  const expected = draws / cells;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
};

/** Correlation of two sequences of uniform numbers; its deviation is 1 / sqrt(draws) when they are independent. */
const correlation = (a: (i: number) => number, b: (i: number) => number): number => {
  let sum = 0;
  for (let i = 0; i < draws; i++) sum += (a(i) - 0.5) * (b(i) - 0.5);
  return (12 * sum) / draws;
};

const noise =
  (k: Key) =>
  (i: number): number =>
    roundingNoise(k, i) + 0.5;

test("a number depends on its key and counter alone, not on what was drawn before", () => {
  const later = randomBits(site, 41);
  for (let i = 0; i < 41; i++) randomBits(site, i);
  assert.is(randomBits(site, 41), later);
});

// Recomputed from the formulas with Python integers modulo 2^32.
test("the numbers are those of version 0.1; a change of them changes every run", () => {
  assert.equal(
    [0, 1, 2].map((i) => randomBits([1, 2], i)),
    [677553128, 4084746141, 3776205603],
  );
  assert.equal(branch(branch(key(7), "conv1/gradient"), 12), [3173727058, 3268809400]);
});

test("rounding noise is evenly spread (chi-square over 256 cells), for first, later and neighbouring steps", () => {
  for (const step of [0, 1, 2, 1_000_000]) {
    const found = chiSquare(256, noise(branch(site, step)));
    assert.ok(Math.abs(found - 255) < 5 * Math.sqrt(510), `step ${step}: ${found}`);
  }
});

test("rounding noise keeps strictly inside (-1/2, 1/2) and reaches both ends", () => {
  let [least, most] = [1, -1];
  for (let i = 0; i < 1_000_000; i++) {
    const u = roundingNoise(site, i);
    least = Math.min(least, u);
    most = Math.max(most, u);
  }
  assert.ok(least > -0.5 && least < -0.4999, `least ${least}`);
  assert.ok(most < 0.5 && most > 0.4999, `most ${most}`);
});

test("rounding noise is an odd number of 65536ths, so that no integer from -256 to 256 rounds away in float32", () => {
  for (let i = 0; i < draws; i++) assert.is(Math.abs((roundingNoise(site, i) * 65536) % 2), 1);
  for (let odd = -65535 + 32768; odd < 32768; odd += 2)
    for (let x = -256; x <= 256; x += 1)
      if (roundHalfEven(Math.fround(x + odd / 65536)) !== x) assert.unreachable(`${x} with ${odd} / 65536`);
});

test("noise that fills an array is that of its elements, one by one", () => {
  for (const k of [site, [0xffffffff, 0x80000001]] as const)
    for (const count of [0, 1, 2, 7, 1000]) {
      const filled = new Float32Array(count);
      fillRoundingNoise(k, filled);
      assert.equal(
        [...filled],
        Array.from({ length: count }, (_, i) => roundingNoise(k, i)),
      );
    }
});

test("all 32 bits are fair coins", () => {
  for (let bit = 0; bit < 32; bit++) {
    let ones = 0;
    for (let i = 0; i < draws; i++) ones += (randomBits(site, i) >>> bit) & 1;
    assert.ok(Math.abs(ones / draws - 0.5) < 5 * (0.5 / Math.sqrt(draws)), `bit ${bit}: ${ones / draws}`);
  }
});

const isUncorrelated = (a: (i: number) => number, b: (i: number) => number): void => {
  const found = correlation(a, b);
  assert.ok(Math.abs(found) < 5 / Math.sqrt(draws), `correlation ${found}`);
};

test("neighbouring elements are uncorrelated, and so are elements one row of an image apart", () => {
  const u = noise(branch(site, 3));
  for (const distance of [1, 2, 3, 8, 16, 64, 1024]) isUncorrelated(u, (i) => u(i + distance));
});

test("the same element is uncorrelated in neighbouring steps", () => {
  for (const step of [0, 1, 2, 3]) isUncorrelated(noise(branch(site, step)), noise(branch(site, step + 1)));
});

test("one element's noise over the steps is as evenly spread as one step's over the elements", () => {
  const found = chiSquare(256, (step) => noise(branch(site, step))(5));
  assert.ok(Math.abs(found - 255) < 5 * Math.sqrt(510), `${found}`);
});

test("the same element and step are uncorrelated at sites whose names differ in one letter", () => {
  const of = (name: string): ((i: number) => number) => noise(branch(branch(key(7), name), 3));
  isUncorrelated(of("conv1/gradient"), of("conv2/gradient"));
  isUncorrelated(of("conv1/gradient"), of("conv1/gradienu"));
});

test("neighbouring seeds are uncorrelated", () => {
  for (const seed of [0, 1, 2]) isUncorrelated(noise(key(seed)), noise(key(seed + 1)));
});

test("50 sites times 1000 steps have keys of their own", () => {
  const keys = new Set<string>();
  for (let s = 0; s < 50; s++)
    for (let step = 0; step < 1000; step++) keys.add(branch(branch(key(1), `layer${s}/weight`), step).join());
  assert.is(keys.size, 50_000);
});

test("seeds beyond 32 bits, and text that looks like a number, are keys of their own", () => {
  const keys = [
    branch(key(1), 5),
    branch(key(1), "5"),
    key(2 ** 32),
    key(0),
    branch(key(1), "a"),
    branch(key(1), "aa"),
  ];
  assert.is(new Set(keys.map(String)).size, keys.length);
});

test("uniform numbers lie in [0, 1) and are evenly spread", () => {
  const found = chiSquare(100, (i) => uniform(site, i));
  assert.ok(Math.abs(found - 99) < 5 * Math.sqrt(198), `${found}`);
});

test("normal numbers have mean 0, variance 1 and the fourth moment 3", () => {
  let [first, second, fourth] = [0, 0, 0];
  for (let i = 0; i < draws; i++) {
    const x = normal(site, i);
    first += x / draws;
    second += x ** 2 / draws;
    fourth += x ** 4 / draws;
  }
  assert.ok(Math.abs(first) < 5 / Math.sqrt(draws), `mean ${first}`);
  assert.ok(Math.abs(second - 1) < 5 * Math.sqrt(2 / draws), `variance ${second}`);
  assert.ok(Math.abs(fourth - 3) < 5 * Math.sqrt(96 / draws), `fourth moment ${fourth}`);
});

test("a permutation holds every index once", () => {
  for (const n of [0, 1, 2, 1000])
    assert.equal(
      [...permutation(site, n)].sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    );
});

test("the six orders of three are equally likely", () => {
  const counts = new Map<string, number>();
  const trials = 60_000;
  for (let i = 0; i < trials; i++) {
    const order = permutation(branch(site, i), 3).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.is(counts.size, 6);
  for (const [order, count] of counts)
    assert.ok(Math.abs(count - trials / 6) < 5 * Math.sqrt((trials * 5) / 36), `${order}: ${count}`);
});

test.run();
