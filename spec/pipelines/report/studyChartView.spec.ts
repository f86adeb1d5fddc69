import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inForceIn } from "../../../pipelines/report/inForce.ts";
import { studyChartView } from "../../../pipelines/report/studyChartView.ts";
import { type Cell, combinations } from "../../../pipelines/studies/grid.ts";
import { summaryOf } from "../../../pipelines/studies/summary.ts";
import { doneRun } from "../studies/doneRun.ts";

const test = suite("report/studyChartView");

/** Seeds 1 and 2 of a cell: scores 0.5 and 0.52, a hundredth more in each cell. */
const resultOf = (cells: readonly Cell[]) => {
  const runs = cells.flatMap((settings, cell) =>
    [1, 2].map((seed) =>
      doneRun(
        { cell, settings, seed },
        {
          score: 0.48 + seed / 50 + cell / 100,
          seconds: cell + seed,
          moved: settings.bits === "32/32/32" ? undefined : (cell + seed) * 2 ** 20,
        },
      ),
    ),
  );
  const summaries = summaryOf(
    { cells, firsts: cells.map(() => 0), counterparts: cells.map(() => undefined) },
    runs,
  );
  return { title: "a study", inForce: inForceIn([]), cells: summaries, runs };
};

const bits = resultOf([
  { bits: "32/32/32" },
  ...combinations({ gradientRange: ["currentMinMax", "inHindsight"], bits: ["8/8/8", "4/4/4"] }),
]);

const rounded = (x: number | null | undefined): number => Math.round(1e6 * (x ?? Number.NaN)) / 1e6;

test("each cell has its whole name, and bits group the cells wherever they are named", () => {
  const { heads, names, groupedBy } = studyChartView(bits, bits.runs);
  assert.equal(heads, ["bits", "gradient-range"]);
  assert.equal(names[0], ["32/32/32", "-"]);
  assert.equal(names.at(-1), ["4/4/4", "inHindsight"]);
  assert.is(groupedBy, 0);
  const later = resultOf(combinations({ lr: [0.1, 0.2], bits: ["8/8/8", "4/4/4"] }));
  const { heads: others, groupedBy: by } = studyChartView(later, later.runs);
  assert.equal([others, by], [["lr", "bits"], 1]);
});

test("a panel has the values of the seeds, their mean and their deviation, in its unit", () => {
  const [scores, moved, seconds] = studyChartView(bits, bits.runs).panels;
  const [, cell] = scores!.cells;
  assert.is(scores!.title, "test accuracy, %");
  assert.equal(
    cell!.values.map(({ seed, value }) => [seed, rounded(value)]),
    [
      [1, 51],
      [2, 53],
    ],
  );
  // The deviation of 51 and 53, by n - 1.
  assert.equal([rounded(cell!.mean), rounded(cell!.sd)], [52, rounded(Math.SQRT2)]);
  assert.is(cell!.text, "52.00 ± 1.41");
  assert.equal(scores!.bounds, [0, 100]);
  assert.is(moved!.title, "bytes moved in a run, MB");
  assert.equal(moved!.cells[0], null);
  assert.equal(
    moved!.cells.slice(1).map((one) => one!.mean),
    [2.5, 3.5, 4.5, 5.5],
  );
  assert.equal(
    seconds!.cells.map((one) => one!.text),
    ["1.5 ± 0.7", "2.5 ± 0.7", "3.5 ± 0.7", "4.5 ± 0.7", "5.5 ± 0.7"],
  );
  assert.ok(moved!.fromZero && seconds!.fromZero && !scores!.fromZero);
});

test("cells that are judged by different metrics have a panel for each, with an axis of its own", () => {
  const cells: readonly Cell[] = [{ model: "lenet5" }, { model: "edsr" }, { model: "centerDetector" }];
  const metrics = ["accuracy", "psnr", "mAP@0.5"];
  const runs = cells.map((settings, cell) =>
    doneRun(
      { cell, settings, seed: 1 },
      { score: cell === 1 ? 22.5 : 0.75, metric: metrics[cell] as string },
    ),
  );
  const compared = { cells, firsts: [0, 1, 2], counterparts: cells.map(() => undefined) };
  const { panels } = studyChartView(
    { title: "three tasks", inForce: inForceIn([]), cells: summaryOf(compared, runs), within: ["model"] },
    runs,
  );
  assert.equal(
    panels.map(({ title, cells }) => [title, ...cells.map((one) => one?.text ?? null)]),
    [
      ["test accuracy, %", "75.00", null, null],
      ["test PSNR, dB", null, "22.50", null],
      ["test mAP@0.5, %", null, null, "75.00"],
      ["seconds of a run", "1.0", "1.0", "1.0"],
    ],
  );
  assert.equal(
    panels.map(({ fromZero }) => fromZero),
    [false, false, false, true],
  );
});

test("a cell of which no run is done has its row, and nothing in it", () => {
  const { runs, ...rates } = resultOf([{ lr: 0.1 }, { lr: 0.2 }]);
  const chart = studyChartView(
    rates,
    runs.filter(({ cell }) => cell === 0),
  );
  assert.equal(chart.names, [["0.1"], ["0.2"]]);
  for (const { cells } of chart.panels) assert.is(cells[1], null);
});

test("one cell is a study, too; one seed has no deviation; where nothing is quantized no bytes are shown", () => {
  const { runs, ...one } = resultOf([{ bits: "32/32/32" }]);
  const { names, panels } = studyChartView(one, runs.slice(0, 1));
  assert.equal(names, [["32/32/32"]]);
  assert.equal(
    panels.map(({ title }) => title),
    ["test accuracy, %", "seconds of a run"],
  );
  assert.equal([panels[0]!.cells[0]!.sd, panels[0]!.cells[0]!.text], [null, "50.00"]);
});

test.run();
