import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inForceIn } from "../../../pipelines/report/inForce.ts";
import { legendOf } from "../../../pipelines/report/studyLegend.ts";
import { columnsOf, failuresIn, scoreTable } from "../../../pipelines/report/studyTables.ts";
import type { CellEvent } from "../../../pipelines/studies/events.ts";
import { differenceOf, spreadOf } from "../../../pipelines/studies/spread.ts";

const test = suite("tables of a study");

test("settings that differ between cells have a column, also where a cell leaves them to its recipe", () => {
  const { head, of } = columnsOf(inForceIn([]), [{ bits: "4/4/4" }, { recipe: "float32" }]);
  assert.equal(head, ["bits", "recipe"]);
  assert.equal(of({ recipe: "float32" }), ["32/32/32", "float32"]);
});

test("what differs between groups alone has no column, and is told once for each group", () => {
  const cells = ["inHindsight", "currentMinMax"].flatMap((gradientRange) => [
    { model: "lenet5", lr: 0.1, gradientRange } as const,
    { model: "resnet20", epochs: 2, gradientRange } as const,
  ]);
  const { head, of, groups } = columnsOf(inForceIn([], { bits: "4/4/4" }), cells, ["model"]);
  assert.equal(head, ["model", "gradient-range"]);
  assert.equal(of(cells[2]!), ["lenet5", "currentMinMax"]);
  assert.is(groups, "All cells of lenet5 with lr 0.1, epochs 8; resnet20 with lr 0.02, epochs 2.");
  const plain = columnsOf(inForceIn([]), cells);
  assert.equal([plain.head, plain.groups], [["model", "lr", "gradient-range", "epochs"], ""]);
  assert.equal(columnsOf(inForceIn([]), [{ lr: 1 }, { lr: 2 }], ["model"]).head, ["lr"]);
});

const cellOf = (cell: number, differences: readonly number[]): CellEvent => {
  const difference = differenceOf(differences, 1 / 1000);
  return {
    ...{
      event: "cell",
      cell,
      settings: { seed: cell },
      seeds: [1, 2],
      failed: [],
      faults: 0,
      score: "accuracy",
    },
    better: "higher",
    ...{ test: spreadOf([0.9, 0.9]), bestTest: null, seconds: null, roles: [], againstCounterpart: null },
    first: 0,
    againstFirst: difference && { cell: 0, test: difference, bestTest: difference },
  };
};

test("where a sample cannot say, a difference has no error and no p; where it can, both", () => {
  const cells = [
    cellOf(0, []),
    cellOf(1, [-0.02, -0.02]),
    cellOf(2, [-0.02, -0.022]),
    cellOf(3, [0, -1e-17]),
  ];
  const { head, rows } = scoreTable(
    columnsOf(
      inForceIn([]),
      cells.map(({ settings }) => settings),
    ),
    cells,
  );
  const at = head.indexOf("vs. first");
  assert.equal(
    rows.map((row) => row.slice(at, at + 2)),
    [
      ["-", "-"],
      ["-2.00", "-"],
      ["-2.10 ± 0.10", "0.030"],
      ["0.00", "-"],
    ],
  );
});

test("runs that failed are told, and tensors that could not be quantized", () => {
  const cells = [
    { ...cellOf(0, []), faults: 1 },
    { ...cellOf(1, []), faults: 8, failed: [{ seed: 3, message: "no room." }] },
    cellOf(2, []),
  ];
  const columns = columnsOf(
    undefined,
    cells.map(({ settings }) => settings),
  );
  assert.equal(failuresIn(columns, cells), [
    "0: 1 tensor was zero, empty or not finite",
    "failed: 1  seed 3: no room.",
    "1: 8 tensors were zero, empty or not finite",
  ]);
});

const lossCell = (cell: number, losses: readonly number[], margin?: number): CellEvent => {
  const difference = differenceOf(
    losses.map((loss) => loss - 0.0117),
    1e-6,
    margin,
  );
  return {
    ...cellOf(cell, []),
    ...{ score: "loss", better: "lower", test: spreadOf(losses), bestTest: spreadOf(losses) },
    againstFirst:
      cell === 0 || difference === null ? null : { cell: 0, test: difference, bestTest: difference },
  };
};

test("losses are told apart by four digits, and by their name and direction", () => {
  const cells = [lossCell(0, [0.0117, 0.0119]), lossCell(1, [0.0062, 0.00624])];
  const { head, rows } = scoreTable(
    columnsOf(
      inForceIn([]),
      cells.map(({ settings }) => settings),
    ),
    cells,
  );
  assert.ok(head.includes("test loss, lower is better"), head.join());
  const at = head.indexOf("test loss, lower is better");
  assert.equal(
    rows.map((row) => row.slice(at, at + 4)),
    [
      ["0.01180 ± 0.00014", "0.01170..0.01190", "0.01180 ± 0.00014", "-"],
      ["0.006220 ± 0.000028", "0.006200..0.006240", "0.006220 ± 0.000028", "-0.005480 ± 0.000020"],
    ],
  );
  const legend = legendOf({}, cells).join(" ");
  assert.match(legend, /in the unit of loss, ± its standard error/);
  assert.match(legend, /by less than float32 tells apart in loss\./);
  assert.not.match(legend, /percent|dB|image|accuracy/);
});

test("of a score without a unit, a legend tells that of the margin, and which margin no score can reach", () => {
  const legendAt = (margin: number) =>
    legendOf({ margin }, [
      lossCell(0, [0.0117, 0.0119], margin),
      lossCell(1, [0.0062, 0.00624], margin),
    ]).join(" ");
  // 0.005 sqrt(2) / 6.3138
  assert.match(
    legendAt(0.005),
    /by at most 0\.001120 in the unit of loss with 2 seeds \(1 degree of freedom\)\./,
  );
  assert.match(legendAt(0.005), / The margin is in the unit of loss\./);
  assert.not.match(legendAt(0.005), /says nothing/);
  assert.match(
    legendAt(0.5),
    / The margin is in the unit of loss, of which no score here is above 0\.01190: one so wide says nothing, name a smaller one\./,
  );
  assert.not.match(
    legendOf({}, [cellOf(0, []), lossCell(1, [1])]).join(" "),
    /in the unit of loss, of which/,
  );
});

test("a legend speaks of the metrics that cells are judged by, and of a direction where they are several", () => {
  const accurate = legendOf({}, [cellOf(0, [])]).join(" ");
  assert.match(accurate, /in percentage points, .* less than one test sample\./);
  assert.not.match(accurate, /dB|better/);
  const mixed = legendOf({}, [cellOf(0, []), lossCell(1, [1])]).join(" ");
  assert.match(mixed, /different metrics: of accuracy higher is better, of loss lower is better\./);
});

test("a metric of the same name that is better in the other direction is another one", () => {
  const cells = [lossCell(0, [1, 2]), { ...lossCell(1, [1, 2]), better: "higher" as const }];
  const { head } = scoreTable(
    columnsOf(
      inForceIn([]),
      cells.map(({ settings }) => settings),
    ),
    cells,
  );
  assert.ok(head.includes("test"), head.join());
  assert.match(
    legendOf({}, cells).join(" "),
    /different metrics: of loss lower is better, of loss higher is better\./,
  );
});

test("a legend says of a counterpart what it has, and what it has none of", () => {
  const against = { weightQuantizer: "sat:rescale=none", quantizerAt: [] };
  assert.match(
    legendOf({ against }, [cellOf(0, [])]).join(" "),
    /the cell that has weight-quantizer sat:rescale=none and no quantizer-at, and all else alike\./,
  );
});

test.run();
