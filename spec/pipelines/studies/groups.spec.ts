/** @file Groups of cells, their counterparts, and what is told together. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { type Cell, product } from "../../../pipelines/studies/grid.ts";
import { firstsOf, type IdentifiedCell } from "../../../pipelines/studies/groups.ts";
import { pooledOf } from "../../../pipelines/studies/pooled.ts";
import { poolsOf } from "../../../pipelines/studies/pools.ts";
import { summaryOf } from "../../../pipelines/studies/summary.ts";
import { close } from "../../support/close.ts";
import { doneRun } from "./doneRun.ts";

const test = suite("groups of cells");

const identified = (settings: Cell): IdentifiedCell => ({
  settings,
  identity: {
    ...{ from: "settings", files: [], numerics: 2, data: { train: 1, test: 1, sha256: "ab" } },
    settings: { ...defaults, ...(settings as Partial<Settings>), seed: 1 },
  },
});

const dynamic = { activationRange: "currentMinMax", gradientRange: "currentMinMax" };
const hindsight = { activationRange: "inHindsight", gradientRange: "inHindsight" };
/** Two networks, each dynamic, static for both roles, and for one of them. */
const cells = product([
  [{ model: "lenet5" }, { model: "resnet20" }],
  [dynamic, hindsight, { ...dynamic, gradientRange: "inHindsight" }],
]);
const known = cells.map(identified);
const counterparts = [undefined, 0, 0, undefined, 3, 3];

test("each cell belongs to the first one with the same values, also where it does not say them", () => {
  assert.equal(firstsOf([], known), [0, 0, 0, 0, 0, 0]);
  assert.equal(firstsOf(["model"], known), [0, 0, 0, 3, 3, 3]);
  assert.equal(firstsOf(["model", "gradientRange"], known), [0, 1, 1, 3, 4, 4]);
  assert.equal(firstsOf(["bits"], known), [0, 0, 0, 0, 0, 0]);
  const named = [{ experiment: "a" }, { experiment: "b" }, { experiment: "a" }].map(identified);
  assert.equal(firstsOf(["experiment"], named), [0, 1, 0]);
});

test("what no cell has is refused, and so are seeds, in which all cells differ", () => {
  for (const [name, expected] of [
    ["modell", /^--within: "modell", expected model\./],
    ["seed", /^--within: "seed", expected /],
  ] as const)
    try {
      firstsOf([name], known);
      assert.unreachable(name);
    } catch (error) {
      assert.instance(error, RangeflowFailure);
      assert.match((error as Error).message, expected);
    }
});

const firsts = firstsOf(["model"], known);
const pools = poolsOf(known, ["model"], firsts, counterparts);

test("cells that differ from like counterparts in the same are told together, and so is a value in whatever settings", () => {
  assert.equal(pools, [
    { name: "activation-range inHindsight, gradient-range inHindsight", cells: [1, 4] },
    { name: "gradient-range inHindsight", cells: [2, 5] },
    { name: "inHindsight in activation-range, gradient-range", cells: [1, 2, 4, 5] },
  ]);
});

test("pools of one name say in brackets what tells their counterparts apart", () => {
  const widths = product([
    [{ model: "lenet5" }, { model: "resnet20" }],
    [{ bits: "8/8/8" }, { bits: "4/4/4" }],
    [dynamic, hindsight],
  ]).map(identified);
  const others = widths.map((_, i) => (i % 2 === 0 ? undefined : i - 1));
  assert.equal(
    poolsOf(widths, ["model"], firstsOf(["model"], widths), others).map(({ name }) => name),
    ["8/8/8", "4/4/4"].map(
      (bits) => `activation-range inHindsight, gradient-range inHindsight (bits ${bits})`,
    ),
  );
});

test("cells whose counterparts are not alike are not told together", () => {
  const widths = product([
    [{ bits: "8/8/8" }, { bits: "4/4/4" }],
    [dynamic, hindsight],
  ]).map(identified);
  assert.equal(poolsOf(widths, [], [0, 0, 0, 0], [undefined, 0, undefined, 2]), []);
  assert.equal(
    poolsOf(widths, ["bits"], firstsOf(["bits"], widths), [undefined, 0, undefined, 2]).map(
      ({ cells: of }) => of,
    ),
    [[1, 3]],
  );
});

/** Scores in percent of each cell with two seeds; the last cell has one. */
const scores = [[50, 52], [51, 52.5], [50.5, 52.5], [70, 71], [69, 70.5], [70.5]] as const;
const runs = scores.flatMap((both, cell) =>
  both.map((score, i) => doneRun({ cell, settings: cells[cell]!, seed: i + 1 }, { score: score / 100 })),
);
const compared = { cells, firsts, counterparts, margin: 0.5 };

test("a cell is compared with the first of its group, seed by seed, and held against the margin in its unit", () => {
  const summaries = summaryOf(compared, runs);
  assert.equal(
    summaries.map(({ first, againstFirst }) => [first, againstFirst?.cell ?? null]),
    [
      [0, null],
      [0, 0],
      [0, 0],
      [3, null],
      [3, 3],
      [3, 3],
    ],
  );
  close(summaries[4]!.againstFirst!.test!.mean, -0.0075, 1e-12);
  close(summaries[4]!.againstFirst!.test!.equivalence!.margin, 0.005, 1e-12);
  assert.is(summaries[5]!.againstFirst!.test!.equivalence, null);
});

test("groups stand together, in the order of their first cells", () => {
  const mixed = [cells[3]!, cells[0]!, cells[4]!, cells[1]!];
  const order = summaryOf(
    { cells: mixed, firsts: [0, 1, 0, 1], counterparts: mixed.map(() => undefined) },
    [],
  );
  assert.equal(
    order.map(({ cell }) => cell),
    [0, 2, 1, 3],
  );
});

test("differences of a group and a seed are averaged before they are pairs, and only seeds count that all of its cells have", () => {
  const [both, gradients, all] = pooledOf(pools, compared, runs);
  // Differences: 1, 0.5 and -1, -0.5.
  close(both!.test.mean, 0, 1e-12);
  assert.equal([both!.test.groups, both!.test.pairs, both!.test.degreesOfFreedom], [2, 4, 2]);
  // s^2 = 4 * 0.25^2 / 2, and 1/4 (s^2 / 2 + s^2 / 2) below the root.
  close(both!.test.standardError!, Math.sqrt(0.125 / 4) / 100, 1e-12);
  // 0.5, 0.5 and 0.5, of which the second network has one.
  close(gradients!.test.mean, 0.005, 1e-12);
  assert.equal([gradients!.test.groups, gradients!.test.pairs], [2, 3]);
  // Means 0.75, 0.5 and (-1 + 0.5) / 2.
  close(all!.test.mean, ((0.75 + 0.5) / 2 - 0.25) / 2 / 100, 1e-12);
  assert.equal([all!.test.pairs, all!.cells], [3, [1, 2, 4, 5]]);
});

test("cells that are judged by different metrics are not told together, and none that no run is done of", () => {
  const psnr = runs.map((run) => (run.cell < 3 ? run : { ...run, done: { ...run.done, metric: "psnr" } }));
  assert.equal(pooledOf(pools, compared, psnr), []);
  const turned = runs.map((run) =>
    run.cell % 3 === 0 ? run : { ...run, done: { ...run.done, better: "lower" as const } },
  );
  assert.equal(pooledOf(pools, compared, turned), []);
  assert.ok(summaryOf(compared, turned).every(({ againstFirst }) => againstFirst === null));
  assert.equal(pooledOf(pools, compared, []), []);
});

test.run();
