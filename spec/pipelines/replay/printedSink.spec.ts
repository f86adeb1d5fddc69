/** @file Printed precision: bounds hold for every tensor that rounds to what was printed, tried by brute force. */
import { map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Known } from "../../../core/foreignStat.ts";
import { branch, key, normal, uniform } from "../../../core/random.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import type { SiteGrid } from "../../../core/siteFacts.ts";
import { replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import type { Bounds, ReplayRow } from "../../../pipelines/replay/tally.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { delayedScaling } from "../../../quantizers/estimators/delayedScaling.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { frozenAfter } from "../../../quantizers/estimators/frozenAfter.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../../quantizers/estimators/inPhases.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { byOwnName } from "../../../quantizers/quantizer.ts";
import { foreignRow } from "./foreignRanges.ts";

const test = suite("printed precision");

const estimators = [
  currentMinMax(),
  runningMinMax(),
  inHindsight(),
  inHindsight({ decay: 0.5, first: { lo: -0.2, hi: 0.3 } }),
  inHindsight(currentMinMax()),
  delayedScaling({ length: 4 }),
  frozenAfter(5, runningMinMax()),
  inPhases(6, currentMinMax(), inHindsight()),
  fixed({ lo: -0.1, hi: 0.1 }),
].map(byOwnName);

interface Printed {
  readonly min: number;
  readonly max: number;
  readonly error: number;
}

/** Rows of tensors that are told exactly, or as they were printed. */
const rowsOf = (of: readonly Printed[], known: Known, grid: SiteGrid): readonly RangeSeen[] =>
  of.map(({ min, max, error }, step) =>
    foreignRow(step, { min, max, facts: grid }, { known, minError: error, maxError: error }),
  );

const studied = async (
  of: readonly Printed[],
  known: Known,
  grid: SiteGrid,
  tolerance: number,
): Promise<readonly ReplayRow[]> =>
  replayStudy(rowsOf(of, known, grid), estimators, () => true, { tolerance });

const steps = 24;

/** Tensors whose ends wander over two decades. */
const tensorsOf = (seed: number, isSymmetric: boolean): readonly Omit<Printed, "error">[] => {
  const at = key(seed);
  return Array.from({ length: steps }, (_, i) => {
    const spread = 0.004 * 10 ** (1 + 0.4 * normal(at, 3 * i));
    const max = spread * (isSymmetric ? 1 : 0.3 + uniform(at, 3 * i + 100));
    return { min: isSymmetric ? -max : -spread * uniform(at, 3 * i + 200), max };
  });
};

const printed = (x: number, decimals: number): number => Number(x.toFixed(decimals));

const holds = (where: string, [least, most]: Bounds, found: number): void => {
  const slack = 1e-12;
  assert.ok(least - slack <= found && found <= most + slack, `${where}: ${found} in [${least}, ${most}]`);
};

/** A tensor that rounds to what was printed: anywhere, or at an end of what it may be. */
const possible = (
  { min, max, error }: Printed,
  draw: (n: number) => number,
  isSymmetric: boolean,
): Printed => {
  const within = (x: number, n: number): number => {
    const at = draw(n);
    const t = at < 0.25 ? -1 : at > 0.75 ? 1 : 4 * (at - 0.5);
    return x + 0.999 * t * error;
  };
  const hi = within(max, 0);
  if (isSymmetric) return { min: -Math.abs(hi), max: Math.abs(hi), error: 0 };
  const lo = within(min, 1);
  return { min: Math.min(lo, hi), max: Math.max(lo, hi), error: 0 };
};

for (const [known, decimals, grid, tolerance] of [
  ["amax", 3, { bits: 8, scheme: "affine" }, 0.5],
  ["scale", 2, { bits: 4, scheme: "symmetric" }, 0.5],
  ["minMax", 3, { bits: 4, scheme: "affine" }, 0],
  ["minMax", 4, { bits: 8, scheme: "affine" }, 3],
  ["amax", 3, { bits: 4, scheme: "powerNear" }, 0.5],
] as const)
  test(`bounds hold for 60 sequences that print like ${known} with ${decimals} decimals on ${grid.bits} bits ${grid.scheme}, tolerance ${tolerance}`, async () => {
    const isSymmetric = known !== "minMax";
    const seen = tensorsOf(decimals, isSymmetric).map(({ min, max }) => ({
      min: printed(min, decimals),
      max: printed(max, decimals),
      error: 0.5 * 10 ** -decimals,
    }));
    const bounds = await studied(seen, known, grid, tolerance);
    assert.is(bounds.length, estimators.length);
    for (let trial = 0; trial < 60; trial++) {
      const at = branch(key(trial), known);
      const true_ = seen.map((one, i) => possible(one, (n) => uniform(at, 2 * i + n), isSymmetric));
      const exact = await studied(true_, known, grid, tolerance);
      for (const [i, row] of exact.entries()) {
        const where = `${row.estimator}, trial ${trial}`;
        const told = bounds[i]!.bounds!;
        holds(`${where}, mean error`, told.meanError, row.meanError);
        holds(`${where}, p95 error`, told.p95Error, row.p95Error);
        holds(`${where}, steps clipped`, told.clippedSteps, row.clippedSteps);
        holds(`${where}, static`, told.staticShare, row.staticShare);
        // What is told of exact statistics is a point.
        assert.is(row.bounds?.clippedSteps[0], row.bounds?.clippedSteps[1]);
      }
    }
  });

test("bounds are as tight as precision allows: with more digits they close around the exact numbers", async () => {
  const tensors = tensorsOf(7, true);
  const widthWith = async (decimals: number): Promise<readonly number[]> => {
    const seen = tensors.map(({ min, max }) => ({
      min: printed(min, decimals),
      max: printed(max, decimals),
      error: 0.5 * 10 ** -decimals,
    }));
    const rows = await studied(seen, "amax", { bits: 8, scheme: "affine" }, 0.5);
    return rows.map(({ bounds }) => bounds!.meanError[1] - bounds!.meanError[0]);
  };
  const [coarse, fine] = [await widthWith(3), await widthWith(7)];
  for (const [i, width] of fine.entries()) assert.ok(width < 1e-4, `${estimators[i]!.name}: ${width}`);
  for (const [i, width] of coarse.entries()) assert.ok(width >= fine[i]!);
});

test("the range of the tensor itself has no error whatever the tensor is", async () => {
  const [own] = await studied(
    [{ min: -0.1, max: 0.1, error: 0.05 }],
    "amax",
    { bits: 8, scheme: "affine" },
    0.5,
  );
  assert.equal(own!.bounds, {
    staticShare: [0, 0],
    clippedSteps: [0, 0],
    meanError: [0, 0],
    p95Error: [0, 0],
  });
});

test("numbers of two digits: 0.2 and 0.1 of half a tenth, in hindsight", async () => {
  // The second range is the first tensor, from 0.15 to 0.25; the second tensor goes from 0.05 to 0.15: errors 0 to 1 - 0.05 / 0.25.
  const study = await studied(
    [
      { min: -0.2, max: 0.2, error: 0.05 },
      { min: -0.1, max: 0.1, error: 0.05 },
    ],
    "amax",
    { bits: 8, scheme: "affine" },
    0.5,
  );
  const { bounds } = study[2]!;
  const [least, most] = bounds!.meanError;
  assert.is(least, 0);
  // The first tensor is its own range, which bounds of ends that move by themselves do not know: 1 - 0.15 / 0.25 at most.
  assert.ok(Math.abs(most - (0.4 + 0.8) / 2) < 1e-12);
});

test("an estimator that does not say it is monotone has no bounds, and says why", async () => {
  const mine = { name: "mine", estimator: map(({ min, max }) => ({ lo: min, hi: max })) };
  const rows = rowsOf([{ min: -1, max: 1, error: 0.05 }], "amax", { bits: 8, scheme: "affine" });
  const [row] = await replayStudy(rows, [mine as never], () => true);
  assert.is(row!.bounds, undefined);
  assert.match(row!.unbounded!, /isMonotone/);
});

test("what was printed as 0 is lost, and ends in an order that digits do not tell leave no bounds", async () => {
  const lost = { min: 0, max: 0, error: 0.00005 };
  const wide = { min: -0.1, max: 0.1, error: 0.00005 };
  const grid = { bits: 8, scheme: "affine" } as const;
  const amax = await studied([wide, lost, lost, lost], "scale", grid, 0.5);
  for (const { lost: share, bounds, estimator } of amax) {
    assert.equal(share, { share: 0.75, within: 0.00005 }, estimator);
    if (estimator !== "currentMinMax") assert.ok(bounds!.meanError[1] > 0.7);
  }
  const minMax = await studied([wide, lost], "minMax", grid, 0.5);
  assert.match(minMax[2]!.unbounded!, /step 1 leave open which end/);
  assert.is(minMax[2]!.bounds, undefined);
});

test.run();
