import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesTable } from "../../../pipelines/report/bytesTable.ts";
import { inForceIn } from "../../../pipelines/report/inForce.ts";
import type { CellEvent } from "../../../pipelines/studies/events.ts";
import { spreadOf } from "../../../pipelines/studies/spread.ts";

const test = suite("bytes of a study by role");

type RoleOfCell = CellEvent["roles"][number];

const role = (
  name: RoleOfCell["role"],
  isStatic: boolean,
  moved: number,
  clippedShare: number,
): RoleOfCell => ({
  ...{ role: name, clippedShare },
  ...{ staticSites: isStatic ? 4 : 0, dynamicSites: isStatic ? 0 : 4 },
  ...{ movedStatically: isStatic ? moved : 0, movedDynamically: isStatic ? 0 : moved },
  bytesSaved: isStatic ? 2048 : 0,
});

const cellOf = (settings: CellEvent["settings"], ...roles: readonly RoleOfCell[]): CellEvent => ({
  ...{
    event: "cell",
    cell: 0,
    settings,
    seeds: [1],
    failed: [],
    faults: 0,
    score: "accuracy",
    better: "higher",
  },
  ...{ test: spreadOf([0.9]), bestTest: null, seconds: null, roles, first: 0 },
  ...{ againstFirst: null, againstCounterpart: null },
});

const cells = [
  cellOf({ model: "lenet5" }, role("activation", false, 4096, 0), role("gradient", false, 6144, 0)),
  cellOf(
    { model: "lenet5" },
    role("activation", true, 2048, 0.00001),
    role("gradient", false, 6144, 0.00002),
  ),
  cellOf({ model: "resnet20" }, role("activation", false, 8192, 0), role("gradient", false, 6144, 0)),
  cellOf({ model: "resnet20" }),
];

test("cells of a group that move the same share a row, with the least and the greatest of what they clip; roles stand together", () => {
  const { head, rows } = bytesTable(inForceIn([]), cells, ["model"]);
  assert.equal(head, [
    ...["model", "role", "static sites", "dynamic sites", "cells", "clipped", "bytes moved", "bytes saved"],
  ]);
  assert.equal(rows, [
    ["lenet5", "activation", "0", "4", "1", "0.0000 %", "4.0 KB", "0 B"],
    ["lenet5", "activation", "4", "0", "1", "0.0010 %", "2.0 KB", "2.0 KB"],
    ["lenet5", "gradient", "0", "4", "2", "0.0000 % to 0.0020 %", "6.0 KB", "0 B"],
    ["resnet20", "activation", "0", "4", "1", "0.0000 %", "8.0 KB", "0 B"],
    ["resnet20", "gradient", "0", "4", "1", "0.0000 %", "6.0 KB", "0 B"],
  ]);
});

test("without groups all cells are one, and there are no rows where nothing is quantized", () => {
  assert.equal(
    bytesTable(inForceIn([]), cells).rows.map((row) => row.slice(0, 4).join()),
    ["activation,0,4,1", "activation,4,0,1", "activation,0,4,1", "gradient,0,4,3"],
  );
  assert.equal(bytesTable(inForceIn([]), [cells[3]!]).rows, []);
});

test.run();
