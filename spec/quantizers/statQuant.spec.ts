/** @file StatQuant's three quantizers of gradients: ptq, psq and bhq, with the numbers of docs/methods.md 8.3. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bhq, blocksOf } from "../../quantizers/projections/bhq.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import { psq } from "../../quantizers/projections/psq.ts";
import { ptq, snappedGrid } from "../../quantizers/projections/ptq.ts";
import { allClose, close } from "../support/close.ts";
import { noiseOf, valuesBy } from "../support/projecting.ts";

const test = suite("StatQuant");

const shape = [3, 1, 1, 3];
const gradient = [1, -0.5, 0.25, 0.01, -0.02, 0.005, 0.004, 0, -0.004];
const by = (projection: Projection) => valuesBy(projection, gradient, { shape, bits: 3 });

test("ptq: 0 is two steps above the lower end, steps are 1/4, and small samples vanish", () => {
  assert.equal(snappedGrid({ lo: -0.5, hi: 1 }, 7), { step: 0.25, zero: 2 });
  allClose(by(ptq()), [1, -0.5, 0.25, 0, 0, 0, 0, 0, 0], 0);
});

test("ptq: grids that reach to one side only, or hardly beyond it, have no division by zero", () => {
  assert.equal(snappedGrid({ lo: 0.5, hi: 7 }, 7), { step: 1, zero: 0 });
  assert.equal(snappedGrid({ lo: -7, hi: -1 }, 7), { step: 1, zero: 7 });
  assert.equal(snappedGrid({ lo: -0.1, hi: 6 }, 7), { step: 1, zero: 1 });
});

test("psq: each sample has a grid of its own", () => {
  allClose(by(psq()), [1, -0.5, 0.357143, 0.01, -0.02, 0.005714, 0.004, 0.000571, -0.004], 5e-7);
});

test("psq: the bound of the variance is a third of ptq's here, and the measured variances keep to theirs", () => {
  const bound = (sumOfSquares: number): number => (3 * sumOfSquares) / (4 * 7 ** 2);
  close(bound(3 * 1.5 ** 2), 0.103316, 5e-7);
  close(bound(1.5 ** 2 + 0.03 ** 2 + 0.008 ** 2), 0.034454, 5e-7);
  const variance = (projection: Projection): number => {
    let sum = 0;
    for (let draw = 0; draw < 2000; draw++)
      valuesBy(projection, gradient, { shape, bits: 3, noise: noiseOf(draw) }).forEach((v, i) => {
        sum += (v - gradient[i]!) ** 2 / 2000;
      });
    return sum;
  };
  assert.ok(variance(ptq()) < 0.103316);
  assert.ok(variance(psq()) < 0.034454);
  assert.ok(variance(bhq()) < variance(psq()), "bhq has less");
});

test("bhq: ranges 8, 0.1, 0.2, 0.1 are one block, the largest first", () => {
  const [block, ...more] = blocksOf([8, 0.1, 0.2, 0.1]);
  assert.is(more.length, 0);
  assert.equal(block!.rows, [0, 2, 1, 3]);
  allClose([block!.large, block!.small], [1.020345, 5.032773], 5e-7);
  // H of four rows is 1/2 in its first row, so T begins with half of both.
  allClose([block!.large / 2, block!.small / 2], [0.510172, 2.516387], 5e-7);
});

test("bhq: a block of two rows, ranges 121.186 and 28.681, has the scales 1.1757 and 1.9010", () => {
  const [block, ...more] = blocksOf([121.186, 28.681, 0]);
  assert.equal([block!.rows, more.length], [[0, 1], 1]);
  // The authors work in float32; the fourth digit of theirs is 1 lower.
  allClose([block!.large, block!.small], [1.1757, 1.901], 2e-4);
});

/** The reflection that sends (1, 0, ..) to (1, .., 1) / sqrt(n), entry by entry: I - 2 v v^T / v^T v. */
const householder = (n: number): readonly (readonly number[])[] => {
  const v = Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0) - 1 / Math.sqrt(n));
  const length = v.reduce((sum, x) => sum + x * x, 0);
  return v.map((a, i) => v.map((b, j) => (i === j ? 1 : 0) - (2 * a * b) / length));
};

test("bhq: scales are those of docs/methods.md 8.3 with the largest entry of the matrix itself, for blocks of 2 to 40 rows", () => {
  for (let n = 2; n <= 40; n++) {
    const ranges = Array.from({ length: n }, (_, i) => (i === 0 ? 1000 * n : 1 + (i % 3)));
    const [block] = blocksOf(ranges);
    assert.is(block!.rows.length, n);
    const largestEntry = Math.max(...householder(n).flat().map(Math.abs));
    const large = (ranges[0]! / Math.sqrt(n)) ** (-1 / 3);
    const small = ((Math.max(...ranges.slice(1)) * largestEntry) / (n - 1)) ** (-1 / 3);
    const norm = Math.sqrt(1 / large ** 2 + 1 / small ** 2);
    close(block!.large / (large * norm), 1, 1e-12, `large of ${n} rows`);
    close(block!.small / (small * norm), 1, 1e-12, `small of ${n} rows`);
  }
});

test("bhq: small samples go to large ones in proportion to their ranges; one of equal elements stays alone", () => {
  const rows = (ranges: readonly number[]) => blocksOf(ranges).map((block) => block.rows);
  assert.equal(rows([6, 0, 0.1, 4, 0.1, 0.1]), [[0, 2, 4], [3, 5], [1]]);
  assert.equal(rows([5]), [[0]]);
  assert.equal(rows([1, 2]), [[1, 0]]);
  assert.equal(rows([]), []);
});

test("bhq: with many bits it gives back what it took, so its transformation is undone", () => {
  allClose(valuesBy(bhq(), gradient, { shape, bits: 24 }), gradient, 1e-6);
  const wide = Array.from({ length: 60 }, (_, i) => Math.sin(i) * (i < 6 ? 5 : 0.1));
  allClose(valuesBy(bhq(), wide, { shape: [10, 1, 1, 6], bits: 24 }), wide, 5e-6);
});

test.run();
