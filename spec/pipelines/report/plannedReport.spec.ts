/** @file Reports of studies that were planned: cells and comparisons are those of the plan, whenever runs began. */
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import { failureOf } from "../identity/failureOf.ts";
import { copied, dirOf, scoreOf } from "./twoCells.ts";

const test = suite("reports of planned studies");

test("the cells of a study that was planned are told as planned, whenever their runs began", async () => {
  const { dir, of } = copied();
  const runs = (bits: string): readonly string[] => [1, 2].map((seed) => basename(of(bits, seed)));
  const cells = [
    { settings: { gradientRange: "dsgc" }, runs: ["a run that is still to come"], first: 0 },
    { settings: { gradientRange: "low" }, runs: runs("4.4.4"), first: 1 },
    { settings: { gradientRange: "high" }, runs: runs("8.8.8"), first: 1, counterpart: 1 },
  ];
  const comparing = { within: ["bits"], against: { gradientRange: "low" }, margin: 2 };
  writeStudyFile(dir, { cells, pools: [{ name: "high ones", cells: [2] }], comparing });
  const { study: found } = await readReport([dir], readRunView);
  assert.equal(
    found!.runs.map(({ cell, against }) => [cell, against]),
    [
      [1, undefined],
      [1, undefined],
      [2, 0],
      [2, 1],
    ],
  );
  const [scores, together] = found!.tables;
  assert.equal(
    scores!.rows.map(([name]) => name),
    ["low", "high"],
  );
  const mean =
    50 * [1, 2].reduce((sum, seed) => sum + scoreOf(dirOf("8.8.8", seed)) - scoreOf(dirOf("4.4.4", seed)), 0);
  for (const column of ["vs. first", "vs. counterpart"]) {
    const told = scores!.rows[1]![scores!.head.indexOf(column)]!;
    assert.is(Number(told.split(" ")[0]), Math.round(100 * mean) / 100, column);
  }
  assert.is(together!.rows[0]![0], "high ones");
  assert.match(found!.legend.join(" "), /Vs\. counterpart: .* gradient-range low, .* within ±2:/);
});

test("other comparisons than those of a plan are of what runs were, in its order", async () => {
  const { dir, of } = copied();
  const cells = ["4.4.4", "8.8.8"].map((bits) => ({
    ...{ settings: { recipe: bits }, first: 0 },
    runs: [1, 2].map((seed) => basename(of(bits, seed))),
  }));
  writeStudyFile(dir, { cells, pools: [], comparing: { margin: 2 } });
  const { study: found } = await readReport([dir], readRunView, { against: { bits: "8/8/8" } });
  const [scores] = found!.tables;
  assert.equal(
    scores!.rows.map(([bits, ...others]) => [
      bits,
      others[scores!.head.indexOf("vs. counterpart") - 1] === "-",
    ]),
    [
      ["4/4/4", false],
      ["8/8/8", true],
    ],
  );
  assert.match(
    await failureOf(readReport([dir], readRunView, { against: { recipe: "float32" } })),
    /^--against: a recipe, whose settings cannot be told .*; rangeflow compare --only-finished/,
  );
  writeStudyFile(dir, { cells: cells.slice(0, 1), pools: [], comparing: {} });
  const { study: more } = await readReport([dir], readRunView);
  assert.is(more!.tables[0]!.head[0], "bits", "runs of no cell of the plan");
  writeFileSync(join(dir, "study.json"), '{"cells":[{"settings":{},"runs":[],"first":1}],"pools":[]}');
  assert.match(
    await failureOf(readReport([dir], readRunView)),
    /study\.json: contents that are no plan of a study, expected .*; remove it: /,
  );
});

test("a study in which a run lies twice is refused: a copy is no seed", async () => {
  const { dir, of } = copied();
  cpSync(of("8.8.8", 2), join(dir, "backup"), { recursive: true });
  assert.match(
    await failureOf(readReport([dir], readRunView)),
    /study: the same run in backup and in bits=8\.8\.8,seed=2, expected each run once; move one of them out/,
  );
});

test("seeds that the first cell does not have are compared with nothing", async () => {
  const { dir, of } = copied();
  rmSync(of("8.8.8", 2), { recursive: true });
  const { study: found } = await readReport([dir], readRunView);
  assert.equal(
    found!.runs.map(({ cell, against }) => [cell, against]),
    [
      [0, undefined],
      [1, 0],
      [1, undefined],
    ],
  );
});

test.run();
