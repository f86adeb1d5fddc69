/** @file Reports of studies that were planned: cells and comparisons are those of the plan, whenever runs began. */
import { cpSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeSealed } from "../../../pipelines/files/sealedJson.ts";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { donePath } from "../../../pipelines/runs/doneRecord.ts";
import { type FiledRun, writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import { failureOf } from "../../support/failureOf.ts";
import { eventsOf } from "../runs.ts";
import { filed, idOf, planned, reported, scoresIn } from "./plannedStudy.ts";
import { copied, dirOf, scoreOf, tiny } from "./twoCells.ts";

const test = suite("reports of planned studies");

test("the cells of a study that was planned are told as planned, whenever their runs began", async () => {
  const { dir, of } = copied();
  const runs = (bits: string): readonly FiledRun[] => filed([of(bits, 1), of(bits, 2)]);
  const cells = [
    {
      settings: { gradientRange: "dsgc" },
      id: "of no run",
      runs: [{ name: "a run that is still to come", seed: 1 }],
      first: 0,
    },
    { settings: { gradientRange: "low" }, id: idOf(of("4.4.4", 1)), runs: runs("4.4.4"), first: 1 },
    {
      ...{ settings: { gradientRange: "high" }, id: idOf(of("8.8.8", 1)), runs: runs("8.8.8") },
      ...{ first: 1, counterpart: 1 },
    },
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
    ...{ settings: { recipe: bits }, id: idOf(of(bits, 1)), first: 0 },
    runs: filed([of(bits, 1), of(bits, 2)]),
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
    /^--against: a recipe, whose settings cannot be told .*; rangeflow compare with the options of the study and this --against/,
  );
});

test("a cell whose recipe is a file of its author shows what its runs were trained with", async () => {
  const { dir, of } = copied();
  const cells = [
    { settings: { recipe: "./mine.ts" }, id: idOf(of("4.4.4", 1)), first: 0, runs: [] },
    { settings: { bits: "8/8/8" }, id: idOf(of("8.8.8", 1)), first: 0, runs: [] },
  ];
  writeStudyFile(dir, { cells, pools: [], comparing: {} });
  assert.equal(
    scoresIn(await reported(dir)).map((row) => row.slice(0, 2)),
    [
      ["./mine.ts", "4/4/4"],
      ["none", "8/8/8"],
    ],
  );
});

test("a plan of another schema, of cells that are not there, of a run twice or of no margin is refused", async () => {
  const { dir } = copied();
  const run = { name: "run", seed: 1 };
  const whole = { schema: 3, cells: [{ settings: {}, id: "a", runs: [run], first: 0 }], pools: [] };
  for (const wrong of [
    { ...whole, schema: 1 },
    { ...whole, cells: [{ settings: {}, id: "a", runs: [], first: 1 }] },
    { ...whole, cells: [...whole.cells, ...whole.cells] },
    { ...whole, cells: [...whole.cells, { settings: {}, id: "b", runs: [run], first: 0 }] },
    { ...whole, cells: [...whole.cells, { settings: {}, id: "a", runs: [], first: 0 }] },
    { ...whole, margin: -2 },
  ]) {
    writeFileSync(join(dir, "study.json"), encodeSealed(wrong));
    assert.match(
      await failureOf(readReport([dir], readRunView)),
      /study\.json: (contents that are not the|the) plan of a study.*, expected .*; remove it: /,
    );
  }
});

test("a plan that was edited by hand is refused with a sentence, whatever was typed into it", async () => {
  const { dir } = planned();
  const path = join(dir, "study.json");
  const written = readFileSync(path, "utf8");
  for (const typed of ['"recipe": 5', '"constructor": 1', '"bits": "2/2/2"']) {
    writeFileSync(path, written.replace('"bits": "4/4/4"', typed));
    assert.match(
      await failureOf(readReport([dir], readRunView)),
      /study\.json: contents that do not match their checksum, expected .*; remove it: /,
    );
  }
  // The same checksum, made again.
  const { sha256: _, ...plan } = JSON.parse(written.replace('"bits": "4/4/4"', '"recipe": 5'));
  writeFileSync(path, encodeSealed(plan));
  assert.is((await reported(dir)).tables[0]!.rows[0]![0], "5");
});

test("runs are told by what they are: other names and places of their directories change nothing", async () => {
  const { dir, of } = planned();
  const rows = scoresIn(await reported(dir));
  renameSync(of("8.8.8", 1), join(dir, "swap"));
  renameSync(of("4.4.4", 1), of("8.8.8", 1));
  renameSync(join(dir, "swap"), of("4.4.4", 1));
  const elsewhere = join(dirname(dir), "elsewhere");
  renameSync(of("8.8.8", 2), elsewhere);
  symlinkSync(elsewhere, join(dir, "a link"));
  const found = await reported(dir);
  assert.equal(scoresIn(found), rows);
  assert.match(found.legend.join(" "), "within ±2:");
  assert.equal([found.failures, found.left], [[], 0]);
});

test("runs of no planned cell are in no table, and told; those of further seeds are in that of their cell", async () => {
  const { dir } = planned();
  const rows = scoresIn(await reported(dir));
  await eventsOf({ ...tiny, bits: "2/2/2", seed: 1 }, { out: join(dir, "other") });
  await eventsOf({ ...tiny, bits: "8/8/8", seed: 3 }, { out: join(dir, "further") });
  const found = await reported(dir);
  const [four, eight] = scoresIn(found);
  assert.equal([four, eight?.[1]], [rows[0], "3"]);
  assert.match(found.legend.join(" "), "within ±2:");
  assert.is(found.failures.length, 1);
  assert.match(found.failures[0]!, /^1 run is of no cell of this study as it was planned last, .*: other\. /);
});

test("what was planned and is not there is told: how many runs, and a cell whose runs have failed at once", async () => {
  const { dir, of } = planned({ seeds: 3 });
  assert.is((await reported(dir)).left, 2);
  rmSync(of("4.4.4", 1), { recursive: true });
  rmSync(of("4.4.4", 2), { recursive: true });
  writeFileSync(join(dir, "runs.csv"), 'run,status,message\n"4.4.4, seed 3",failed,no luck\n');
  const found = await reported(dir);
  assert.equal(
    scoresIn(found).map(([bits, seeds]) => [bits, seeds]),
    [
      ["4/4/4", "0"],
      ["8/8/8", "2"],
    ],
  );
  assert.equal(found.failures, ["failed: 4/4/4  seed 3: no luck"]);
  assert.is(found.left, 3);
});

test("a record that is damaged is told, and the seed counts for nothing", async () => {
  const { dir, of } = planned();
  writeFileSync(donePath(of("8.8.8", 1)), "{");
  const found = await reported(dir);
  assert.is(scoresIn(found)[1]![1], "1");
  assert.match(found.failures.join("\n"), /^failed: 8\/8\/8 {2}seed 1: .*done\.json: /);
  assert.ok(found.runs.some(({ state }) => state === "damaged"));
});

test("the margin of a plan holds beside other comparisons, and one that nothing can be held against is told", async () => {
  const { dir } = planned();
  const found = await reported(dir, { against: { bits: "4/4/4" } });
  assert.ok(found.tables[0]!.head.filter((head) => head === "p within ±2").length === 2);
  const { dir: few, of } = planned();
  for (const bits of ["4.4.4", "8.8.8"]) rmSync(of(bits, 2), { recursive: true });
  const single = await reported(few);
  assert.not(single.tables[0]!.head.includes("p within ±2"));
  assert.match(
    single.legend.join(" "),
    "Nothing could be held against the margin of 2: that takes two seeds",
  );
});

test("studies that have a run in common are refused beside each other", async () => {
  const { dir } = planned();
  const { dir: copy } = planned();
  const twice = await failureOf(readReport([dir, copy], readRunView));
  assert.match(twice, /^rangeflow report: the same run in .* and in .*, expected each run once/);
  assert.match(await failureOf(readReport([dir, dir], readRunView)), /: the same run in /);
});

test("a study in which a run lies twice is refused: a copy is no seed", async () => {
  const { dir, of } = copied();
  cpSync(of("8.8.8", 2), join(dir, "backup"), { recursive: true });
  assert.match(
    await failureOf(readReport([dir], readRunView)),
    /the same run in .*study.backup and in .*bits=8\.8\.8,seed=2, expected each run once; move one of them out/,
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
