import { suite } from "uvu";
import * as assert from "uvu/assert";
import { studyChart } from "../../../pipelines/report/studyChart.ts";
import type { CellEvent } from "../../../pipelines/studies/events.ts";
import { type Cell, combinations } from "../../../pipelines/studies/grid.ts";

const test = suite("studyChart");

const spread = (mean: number) => ({ mean, sd: 0.01, min: mean, max: mean });

const cellOf = (settings: Cell, cell: number): CellEvent => ({
  event: "cell",
  cell,
  settings,
  seeds: [1, 2],
  failed: [],
  score: "accuracy",
  better: "higher",
  test: spread(0.5 + cell / 100),
  bestTest: spread(1),
  seconds: spread(cell),
  roles:
    settings.bits === "32/32/32"
      ? []
      : (["activation", "gradient"] as const).map((role) => ({
          role,
          staticSites: 1,
          dynamicSites: 0,
          clippedShare: 0,
          movedStatically: cell * 2 ** 20,
          movedDynamically: 2 ** 19,
          bytesSaved: 0,
        })),
  againstFirst: null,
  againstCounterpart: null,
});

const cells = [
  { bits: "32/32/32" },
  ...combinations({ gradientRange: ["currentMinMax", "inHindsight"], bits: ["8/8/8", "4/4/4"] }),
].map(cellOf);

test("bits are the categories, what else differs tells series apart, and the first cell is a level", () => {
  const chart = studyChart("a study", {}, cells);
  assert.equal(chart.categories.names, ["8/8/8", "4/4/4"]);
  assert.equal(chart.series, ["gradient-range currentMinMax", "gradient-range inHindsight"]);
  assert.is(chart.level, "bits 32/32/32");
  const [accuracy, moved, seconds] = chart.panels;
  const means = (panel: typeof accuracy) => panel?.values.map((values) => values.map((value) => value?.mean));
  assert.equal(means(accuracy), [
    [51, 52],
    [53, 54],
  ]);
  assert.equal([accuracy?.level?.mean, accuracy?.level?.sd], [50, 1]);
  assert.match(accuracy?.title ?? "", "accuracy");
  assert.equal(means(moved), [
    [3, 5],
    [7, 9],
  ]);
  assert.match(moved?.title ?? "", /MB$/);
  assert.is(moved?.level, undefined);
  assert.equal(means(seconds), [
    [1, 2],
    [3, 4],
  ]);
});

test("bits are the categories also where another setting is named before them", () =>
  assert.equal(studyChart("", {}, cells.slice(1)).categories.names, ["8/8/8", "4/4/4"]));

test("without bits the first setting that differs gives the categories; a cell that is not done leaves a gap", () => {
  const lr = [0.1, 0.2].map((value) => ({ lr: value })).map(cellOf);
  const chart = studyChart("rates", {}, [lr[0]!, { ...lr[1]!, test: null, seconds: null, seeds: [] }]);
  assert.equal(
    [chart.categories, chart.series, chart.level],
    [{ title: "lr", names: ["0.1", "0.2"] }, [""], undefined],
  );
  assert.equal(chart.panels[0]?.values, [[{ mean: 50, sd: 1 }, undefined]]);
});

test("one cell alone is a chart, too", () =>
  assert.equal(studyChart("one", {}, [cellOf({}, 0)]).categories, { title: "", names: [""] }));

test("a score that is infinite has no point", () => {
  const cells = [
    cellOf({ lr: 0.1 }, 0),
    { ...cellOf({ lr: 0.2 }, 1), test: spread(Number.POSITIVE_INFINITY) },
  ];
  const [scores] = studyChart("rates", {}, cells).panels;
  assert.equal(scores!.values, [[{ mean: 50, sd: 1 }, undefined]]);
});

test.run();
