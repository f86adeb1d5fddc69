import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitDifferences } from "../../../pipelines/views/fitDifference.ts";
import { halved } from "../../../pipelines/views/halved.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("views/fitDifference");

/** A run whose ranges are so many times as wide as their tensors of [-1, 1]. */
const fitted = (sites: readonly string[], steps: number, times: (step: number) => number) =>
  madeUp({
    sites,
    steps,
    row: (_, step) => ({ lo: -times(step), hi: times(step), clipped: times(step) < 1 ? 100 : 0 }),
  });

const both = ["a/input", "a/gradient"];

test("cells tell the fits of both runs, of sites and steps that both have", () => {
  const first = fitted([...both, "only/first"], 8, () => 1);
  const second = fitted(["only/second", ...both], 6, (step) => (step < 3 ? 4 : 0.5));
  const { sites, cells, onlyFirst, onlySecond } = fitDifferences(first, second);
  assert.equal([sites, onlyFirst, onlySecond], [both, ["only/first"], ["only/second"]]);
  assert.equal(
    cells
      .filter(({ site }) => site === "a/input")
      .map((cell) => [cell.from, cell.to, cell.second - cell.first]),
    [...[0, 1, 2].map((step) => [step, step + 1, 2]), ...[3, 4, 5].map((step) => [step, step + 1, -1])],
  );
  const { firstClipped, secondClipped } = cells.find(({ from }) => from === 4)!;
  assert.equal([firstClipped, secondClipped], [0, 0.1]);
});

test("where one run has wider buckets, a cell holds the same steps of both", () => {
  const first = fitted(both, 10, (step) => 2 ** (step % 4));
  const second = halved(halved(fitted(both, 9, () => 1)));
  const { cells } = fitDifferences(first, second);
  // log2 of the first: 0, 1, 2, 3 by turns; the last cell has its steps 8 and 9, of which the second run has one.
  assert.equal(
    cells.filter(({ site }) => site === both[0]).map((cell) => [cell.from, cell.to, cell.first, cell.second]),
    [
      [0, 4, 1.5, 0],
      [4, 8, 1.5, 0],
      [8, 9, 0.5, 0],
    ],
  );
});

test("steps can be chosen; runs without a site in common, and sites that observed nothing, have no cells", () => {
  const run = fitted(both, 32, () => 1);
  const chosen = fitDifferences(run, run, [8, 12]).cells.filter(({ site }) => site === both[0]);
  assert.equal(
    chosen.map(({ from }) => from),
    [8, 9, 10, 11],
  );
  assert.equal(
    fitDifferences(
      run,
      fitted(["b/input"], 32, () => 1),
    ).cells,
    [],
  );
  const silent = madeUp({ sites: both, steps: 4, row: () => ({ observed: false }) });
  assert.equal(fitDifferences(run, silent).cells, []);
});

test("many sites and steps have fewer and wider cells", () => {
  const sites = Array.from({ length: 200 }, (_, i) => `layer${i}/input`);
  const run = fitted(sites, 256, () => 1);
  const { cells } = fitDifferences(run, run);
  assert.ok(cells.length <= 12_000 && cells.length >= 3000, String(cells.length));
});

test.run();
