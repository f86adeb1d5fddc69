/** @file What the columns of a replay say: of spans, of half steps, and of histograms. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import type { Range } from "../../../core/range.ts";
import type { Sample } from "../../../core/sample.ts";
import type { RangeSeen, Role } from "../../../core/signal.ts";
import type { SiteFacts, SiteGrid } from "../../../core/siteFacts.ts";
import { elements } from "../../../core/tensor.ts";
import { byRole } from "../../../pipelines/replay/byRole.ts";
import { replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import type { ReplayRow } from "../../../pipelines/replay/tally.ts";
import { dorefaGradients } from "../../../quantizers/dorefa.ts";
import { close } from "../../support/close.ts";
import { gaussian } from "../../support/tensors.ts";

const test = suite("tally");

interface Step {
  readonly tensor: Range;
  readonly range: Range;
  /** Grid of the site, where the recording says it. */
  readonly grid?: SiteGrid;
  readonly sample?: Sample;
}

/** Row that tallies one site, tensor by tensor. */
const tallied = async (
  steps: readonly Step[],
  tolerance?: number,
  role: Role = "gradient",
): Promise<ReplayRow> => {
  const rows = steps.map(({ tensor, range, grid, sample }, step): RangeSeen => {
    const stat = { min: tensor.lo, max: tensor.hi, count: 8, nonFinite: 0 };
    return {
      ...{ _tag: "RangeSeen", site: "a", role, estimator: "mine", verdict: "observed" },
      ...{ step, range, isStatic: true, clipped: 0, bytesMoved: 0, bytesSaved: 0 },
      stat: grid ? { ...stat, facts: grid } : stat,
      ...(sample && { histogram: sample }),
    };
  });
  return (
    await replayStudy(rows, [], () => true, tolerance === undefined ? {} : { tolerance })
  )[0] as ReplayRow;
};

const around = (end: number): Range => ({ lo: -end, hi: end });

test("each tensor is told against its own span and that of its range, so a tensor of nearly none costs one error of 100 %", async () => {
  const steps = [1, 1e-9, 1, 1, 2].map((end) => ({ tensor: around(end), range: around(1) }));
  const { meanError, p95Error } = await tallied(steps);
  // Errors are 0, 1 - 1e-9, 0, 0 and 1/2: the range has half of the last tensor.
  close(meanError, (1 - 1e-9 + 0.5) / 5, 1e-15);
  assert.is(p95Error, 1);
});

test("95 % of the tensors do not exceed the p95 error, to the nearest thousandth", async () => {
  // The i-th tensor is i hundredths as wide as its range: errors .99, .98 .. 0, of which the five above .95 are the largest.
  const steps = Array.from({ length: 100 }, (_, i) => ({ tensor: around((i + 1) / 100), range: around(1) }));
  assert.is((await tallied(steps)).p95Error, 0.94);
  assert.is((await tallied([{ tensor: around(1), range: around(3) }])).p95Error, 0.667);
});

test("errors do not depend on the unit of a tensor", async () => {
  const errorsOf = async (unit: number): Promise<readonly number[]> => {
    const steps = [1, 3, 2].map((end) => ({ tensor: around(end * unit), range: around(2 * unit) }));
    const { meanError, p95Error } = await tallied(steps);
    return [meanError, p95Error];
  };
  assert.equal(await errorsOf(2 ** -30), await errorsOf(1));
});

/** Tensors from 0 to so much more than 1, each with the range [0, 1]; the first tells the grid, if there is one. */
const beyond = (excesses: readonly number[], grid?: SiteGrid): readonly Step[] =>
  excesses.map((more, i) => ({
    tensor: { lo: 0, hi: 1 + more },
    range: { lo: 0, hi: 1 },
    ...(grid && i === 0 && { grid }),
  }));

test("a tensor is clipped where it reaches beyond its range by more than half a step: of 8 bits, or of the grid that was told", async () => {
  const excesses = [-0.5, 0, 0.49 / 255, 0.51 / 255, 0.49 / 15, 0.51 / 15, 1];
  const clippedOf = async (grid?: SiteGrid): Promise<number> =>
    (await tallied(beyond(excesses, grid))).clippedSteps;
  assert.is(await clippedOf(), 4 / 7);
  assert.is(await clippedOf({ bits: 8, scheme: "affine" }), 4 / 7);
  assert.is(await clippedOf({ bits: 4, scheme: "affine" }), 2 / 7);
  const symmetric = beyond([0.49 / 7, 0.51 / 7], { bits: 4, scheme: "symmetric" });
  assert.is((await tallied(symmetric)).clippedSteps, 1 / 2);
});

test("a weight whose grid is not told has that of weights, which is symmetric", async () => {
  const steps = [0.49, 0.51].map((more) => ({
    tensor: { lo: 0, hi: 1 + more / 127 },
    range: { lo: 0, hi: 1 },
  }));
  // An affine grid of [0, 1] has steps half as wide, so it would clip both.
  assert.is((await tallied(steps, 0.5, "weight")).clippedSteps, 1 / 2);
  assert.is((await tallied(steps)).clippedSteps, 1);
});

test("tensors that lost nothing are no part of the mean ratio, unless none lost anything", async () => {
  const grid = { bits: 4, scheme: "symmetric" } as const;
  const ofThree = histogram({ values: Float32Array.of(-1, -1, -1, 0, 0, 1, 1, 1) });
  const zeros = histogram({ values: new Float32Array(8) });
  const at = (sample: Sample, end: number): Step => ({ tensor: around(1), range: around(end), grid, sample });
  // Six of eight elements are off by a half: 10 log10(6 / 1.5).
  const lossy = at(ofThree, 0.5);
  const nothing = at(zeros, 1);
  const mixed = await tallied([lossy, nothing, lossy]);
  close(mixed.sqnr!, 10 * Math.log10(4), 1e-5);
  assert.equal([mixed.sqnrSteps, mixed.losslessSteps], [3, 1]);
  assert.not("losslessSteps" in (await tallied([lossy])));
  assert.is((await tallied([nothing, nothing])).sqnr, Number.POSITIVE_INFINITY);
  const [role] = byRole([mixed, await tallied([nothing])]);
  assert.equal([role!.sqnr, role!.sqnrSites, role!.losslessSteps], [mixed.sqnr, 1, 2]);
});

test("what float32 rounds of the levels is no loss: a tensor that lies on them has no ratio", async () => {
  // The scale 0.7 / 255 is rounded to float32, so the level of 0.7 differs from it by less than 2^-24.
  const end = Math.fround(0.7);
  const twoValues = histogram({ values: Float32Array.of(0, 0, end, end) });
  const grid = { bits: 8, scheme: "affine" } as const;
  const row = await tallied([
    { tensor: { lo: 0, hi: end }, range: { lo: 0, hi: end }, grid, sample: twoValues },
  ]);
  assert.equal([row.sqnr, row.losslessSteps], [Number.POSITIVE_INFINITY, 1]);
});

test("the tolerance is in steps of the grid beyond its outer levels", async () => {
  // The levels of [0, 1] in 8 bits end at exactly 0 and 1.
  const steps = beyond([0, 0.2 / 255, 0.4 / 255, 0.9 / 255, 2.9 / 255, 3.1 / 255], {
    bits: 8,
    scheme: "affine",
  });
  const shareAt = async (tolerance: number): Promise<number> =>
    (await tallied(steps, tolerance)).clippedSteps;
  assert.is(await shareAt(0), 5 / 6);
  assert.is(await shareAt(0.3), 4 / 6);
  assert.is(await shareAt(0.5), 3 / 6);
  assert.is(await shareAt(1), 2 / 6);
  assert.is(await shareAt(3), 1 / 6);
  // Levels include 0: those of [-0.4, 0.9] in 2 bits, 1.3 / 3 apart, end at 0.867, which is 0.077 steps below 0.9.
  const off = [
    { tensor: { lo: -0.4, hi: 0.9 }, range: { lo: -0.4, hi: 0.9 }, grid: { bits: 2, scheme: "affine" } },
  ] as const;
  assert.is((await tallied(off, 0)).clippedSteps, 1);
  assert.is((await tallied(off, 0.07)).clippedSteps, 1);
  assert.is((await tallied(off, 0.08)).clippedSteps, 0);
});

test("what is no tolerance is refused", async () => {
  for (const tolerance of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    try {
      await replayStudy([], [], () => true, { tolerance });
      assert.unreachable();
    } catch (error) {
      assert.match(
        (error as Error).message,
        /^replayStudy: .+, expected a number of steps of the grid, 0 or more; /,
      );
    }
});

test("a grid of powers of two that ends below its range clips there", async () => {
  const grid = { bits: 8, scheme: "powerNear" } as const;
  // The power next to 1.3 is 1: levels end at 127/128, and half a step more is 255/256.
  const steps = [0.99, 1.01].map((hi) => ({ tensor: { lo: 0, hi }, range: { lo: 0, hi: 1.3 }, grid }));
  assert.is((await tallied(steps)).clippedSteps, 1 / 2);
});

test("with histograms, no clipped step goes with no clipped element, and each with some", async () => {
  const values = elements(gaussian([1, 8, 8, 4], "steps"));
  const tensor = { lo: Math.min(...values), hi: Math.max(...values) };
  const sample = histogram({ values });
  for (const bits of [2, 4, 8])
    for (const share of [0.5, 0.9, 0.97, 0.995, 0.999, 1, 1.2]) {
      const range = { lo: share * tensor.lo, hi: share * tensor.hi };
      const row = await tallied([{ tensor, range, grid: { bits, scheme: "affine" }, sample }]);
      assert.is(row.clippedSteps, row.clippedShare! > 0 ? 1 : 0, `${bits} bits, ${share}`);
      if (share >= 1) assert.is(row.clippedShare, 0);
      if (share <= 0.5) assert.ok(row.clippedShare! > 0);
    }
});

test("a tensor of zeros on levels without a zero has no ratio, and is not one without loss", async () => {
  const values = elements(gaussian([1, 8, 8, 4], "steps"));
  const grid: SiteFacts = { bits: 4, scheme: "affine", projection: dorefaGradients() };
  const of = (x: typeof values): Step => ({
    ...{ tensor: around(1), range: around(1), grid },
    sample: histogram({ values: x }),
  });
  const alone = await tallied([of(values)]);
  const both = await tallied([of(values), of(values.map(() => 0))]);
  assert.equal([both.sqnr, both.sqnrSteps, both.losslessSteps], [alone.sqnr, 1, undefined]);
  assert.ok(Number.isFinite(both.sqnr));
});

test.run();
