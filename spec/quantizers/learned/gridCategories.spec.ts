/** @file Grid points as categories, against their probabilities written out, and masks against what is drawn. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Grid,
  likeliestOf,
  slopesOf,
  topLeft,
  topOf,
} from "../../../quantizers/learned/gridCategories.ts";
import {
  chanceToStay,
  drawnMask,
  logitOf,
  maskSlope,
  restingMask,
} from "../../../quantizers/learned/hardConcrete.ts";
import { allClose, close } from "../../support/close.ts";

const test = suite("grid categories and masks");

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The formula of docs/methods.md 7.3, point by point from -top to top, each times its z. */
const probabilities = (v: number, { bands, sigma }: Grid): readonly { point: number; pi: number }[] => {
  const top = topOf(bands.length + 1);
  const all = Array.from({ length: 2 * top + 1 }, (_, k) => {
    const point = k - top;
    const z = bands[point === 0 ? 0 : Math.floor(Math.log2(Math.abs(point)))]!;
    return { point, pi: z * (sigmoid((point + 0.5 - v) / sigma) - sigmoid((point - 0.5 - v) / sigma)) };
  });
  const total = all.reduce((sum, { pi }) => sum + pi, 0);
  return all.map(({ point, pi }) => ({ point, pi: pi / total }));
};

const meanPoint = (v: number, grid: Grid): number =>
  probabilities(v, grid).reduce((sum, { point, pi }) => sum + point * pi, 0);

const grids: fc.Arbitrary<Grid> = fc
  .tuple(
    fc.integer({ min: 2, max: 5 }),
    fc.array(fc.constantFrom(1, 1, 0.8, 0.3, 0), { minLength: 3, maxLength: 3 }),
    fc.constantFrom(0.2, 0.3, 0.5, 1),
  )
  .map(([bits, masks, sigma]) => {
    const bands = [1];
    for (const mask of masks.slice(0, bits - 2)) bands.push(bands.at(-1)! * mask);
    return { bands, sigma };
  });
const numbers = fc.integer({ min: -2000, max: 2000 }).map((n) => n / 100 + 0.001);

/** Farther out, differences of sigmoids are 0 in float64. */
const isNear = (v: number, grid: Grid): boolean => Math.abs(v) < topLeft(grid) + 2;

test("the most probable point is that of the probabilities", () =>
  fc.assert(
    fc.property(grids, numbers, (grid, v) => {
      fc.pre(isNear(v, grid));
      const all = probabilities(v, grid);
      const found = likeliestOf(grid)(v);
      const best = Math.max(...all.map(({ pi }) => pi));
      assert.ok(all.find(({ point }) => point === found)!.pi >= best * (1 - 1e-9));
    }),
  ));

test("without masks it is the nearest point, however far the number lies out", () => {
  const nearest = likeliestOf({ bands: [1, 1, 1], sigma: 0.3 });
  assert.equal(
    [-100, -7.6, -2.6, -0.4, 0.2, 1.51, 7.49, Infinity].map(nearest).map(Number),
    [-7, -7, -3, -0, 0, 2, 7, 7],
  );
  const dropped = likeliestOf({ bands: [1, 0.5, 0], sigma: 0.3 });
  assert.equal([-Infinity, -3.3, 2.9, 1e30].map(dropped), [-3, -3, 3, 3]);
  assert.is(topLeft({ bands: [1, 0.5, 0], sigma: 0.3 }), 3);
});

test("slopes are those of the mean point: with the number, and with log z of each band", () =>
  fc.assert(
    fc.property(grids, numbers, (grid, v) => {
      fc.pre(isNear(v, grid));
      const { slope, ofBands } = slopesOf(grid)(v);
      const e = 1e-5;
      close(slope, (meanPoint(v + e, grid) - meanPoint(v - e, grid)) / (2 * e), 1e-6);
      grid.bands.forEach((z, k) => {
        const changed = (by: number): Grid => ({
          ...grid,
          bands: grid.bands.map((other, j) => (j === k ? z * Math.exp(by) : other)),
        });
        close(ofBands[k]!, (meanPoint(v, changed(e)) - meanPoint(v, changed(-e))) / (2 * e), 1e-6);
      });
    }),
  ));

test("far outside of the grid the mean stays where it is, and nothing is NaN", () => {
  for (const v of [-1e30, -1000, 1000, 1e30]) {
    const { slope, ofBands } = slopesOf({ bands: [1, 0.5, 0.5], sigma: 0.3 })(v);
    close(slope, 0, 1e-12);
    assert.ok(ofBands.every(Number.isFinite));
  }
});

test("numbers half way between two points move most, those on a point least: weights cluster", () => {
  const at = (v: number): number => slopesOf({ bands: [1, 1, 1], sigma: 0.1 })(v).slope;
  assert.ok(at(1.5) > 2 && at(1.2) < 1 && at(1) < 0.2);
});

const draws = Array.from({ length: 20000 }, (_, i) => (i + 0.5) / 20000);

test("masks are 0 as often as their logit says, and 1 just as often at logit 0", () => {
  for (const drop of [0.1, 0.5, 0.9]) {
    const logit = logitOf(drop);
    const masks = draws.map((u) => drawnMask(logit, u));
    close(masks.filter((mask) => mask === 0).length / draws.length, drop, 1e-3);
    close(chanceToStay(logit), 1 - drop, 1e-12);
  }
  const masks = draws.map((u) => drawnMask(0, u));
  assert.is(masks.filter((mask) => mask === 0).length, masks.filter((mask) => mask === 1).length);
  allClose([-9, 0, 9].map(restingMask), [0, 0.5, 1], 1e-12);
});

test("a mask follows its logit as its slope says, and not at all where it is 0 or 1", () => {
  for (const logit of [-1, 0, 0.7])
    for (const u of [0.2, 0.5, 0.8]) {
      const e = 1e-6;
      const slope = (drawnMask(logit + e, u) - drawnMask(logit - e, u)) / (2 * e);
      close(maskSlope(logit, u), slope, 1e-7);
    }
  assert.equal([maskSlope(9, 0.5), maskSlope(-9, 0.5)], [0, 0]);
});

test.run();
