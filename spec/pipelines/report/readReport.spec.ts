/** @file Reports of several runs and of studies, whatever has become of their runs. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newHolder } from "../../../pipelines/files/holder.ts";
import { ownDirectory } from "../../../pipelines/files/ownDirectory.ts";
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { reportPage } from "../../../pipelines/report/reportPage.ts";
import { donePath, doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { learningLogIn } from "../../../pipelines/runs/learningLog.ts";
import { listedRun } from "../../../pipelines/runs/listedRun.ts";
import { runsCsvIn } from "../../../pipelines/studies/runsCsv.ts";
import { failureOf } from "../../support/failureOf.ts";
import { madeUp } from "../../support/runViews.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf } from "../runs.ts";
import { copied, dirOf, home, scoreOf, study, tiny } from "./twoCells.ts";

const test = suite("report/readReport");

test("a study is its runs, cell by cell and seed by seed, with the statistics of compare", async () => {
  const { runs, study: found } = await readReport([study], readRunView);
  assert.equal(
    runs.map(({ name }) => name),
    ["bits=8.8.8,seed=1", "bits=8.8.8,seed=2", "bits=4.4.4,seed=1", "bits=4.4.4,seed=2"],
  );
  assert.equal(
    found!.runs,
    [
      [0, undefined],
      [0, undefined],
      [1, 0],
      [1, 1],
    ].map(([cell, against]) => ({ cell, state: "finished", against })),
  );
  assert.is(found!.title, "study");
  assert.equal(found!.cells, ["bits 8/8/8", "bits 4/4/4"]);
  const [scores] = found!.tables;
  const differences = [1, 2].map((seed) => scoreOf(dirOf("4.4.4", seed)) - scoreOf(dirOf("8.8.8", seed)));
  const mean = 50 * (differences[0]! + differences[1]!);
  const told = scores!.rows[1]![scores!.head.indexOf("vs. first")]!;
  assert.is(Number(told.split(" ")[0]), Math.round(100 * mean) / 100);
  assert.equal(
    found!.chart.panels[0]!.cells.map((cell) => cell!.values.map(({ value }) => value)),
    ["8.8.8", "4.4.4"].map((bits) => [1, 2].map((seed) => 100 * scoreOf(dirOf(bits, seed)))),
  );
  assert.ok(found!.hasCells);
  assert.equal(found!.failures, []);
});

test("a run that has failed, one that goes on and one that was stopped are told as what they are", async () => {
  const { dir, of } = copied();
  const { identity } = doneRecordIn(of("4.4.4", 1))!;
  const which = { cell: 1, settings: { bits: "4/4/4" }, seed: 1 };
  for (const [bits, seed] of [
    ["4.4.4", 1],
    ["4.4.4", 2],
    ["8.8.8", 2],
  ] as const)
    rmSync(donePath(of(bits, seed)));
  const table = runsCsvIn(dir);
  const message = 'conv1/gradient: "a, b", expected c.';
  table.add({ event: "run", run: basename(of("4.4.4", 1)), status: "failed", message, ...which }, identity);
  table.add({ event: "run", run: "lost,seed=9", status: "failed", message: "no room.", ...which }, identity);
  const { release } = await ownDirectory(of("8.8.8", 2));
  try {
    const { runs, study: found } = await readReport([dir], readRunView);
    assert.is(runs.length, 4);
    assert.equal(
      found!.runs.map(({ state }) => state),
      ["finished", "going on", "failed", "stopped", "failed"],
    );
    assert.equal(found!.failures, [`failed: 4/4/4  seed 1: ${message}`, "failed: lost,seed=9: no room."]);
    assert.is(found!.tables[0]!.rows[0]![1], "1", "one seed is done");
  } finally {
    await release();
  }
});

test("runs that are compared are going on or failed by what their directories say, as in a list", async () => {
  const { of } = copied();
  const dirs = [of("8.8.8", 1), of("4.4.4", 1), of("4.4.4", 2)] as const;
  const [, failed, held] = dirs;
  for (const dir of [failed, held]) rmSync(donePath(dir));
  const why = "conv1/gradient: no room.";
  appendFileSync(learningLogIn(failed), `${JSON.stringify({ event: "failed", step: 3, why })}\n`);
  // Nobody can see from here whether a process of another host lives; its lock was touched just now.
  writeFileSync(join(held, "lock.json"), JSON.stringify({ ...newHolder(), host: "elsewhere" }));
  const { study: found } = await readReport(dirs, readRunView);
  const states = found!.runs.map(({ state }) => state);
  assert.equal(states, ["finished", "failed", "going on"]);
  assert.equal(
    states,
    dirs.map((dir) => listedRun(dir).state),
  );
  assert.equal(found!.failures, [`failed: bits=4.4.4,seed=1: ${why}`]);
});

test("cells are compared within groups, with their counterparts, and against a margin, as compare does", async () => {
  const against = { bits: "8/8/8" };
  const { study: found } = await readReport([study], readRunView, { against, margin: 50 });
  const [scores] = found!.tables;
  const [eight, four] = scores!.rows.map((row) => row.slice(scores!.head.indexOf("vs. first")));
  assert.equal(
    scores!.head.filter((head) => head.startsWith("vs.") || head.startsWith("p ")),
    ["vs. first", "p within ±50", "vs. counterpart", "p within ±50"],
  );
  assert.equal(eight!.slice(0, 4), ["-", "-", "-", "-"]);
  assert.equal(four!.slice(0, 4), four!.slice(4, 8));
  assert.match(
    found!.legend.join(" "),
    /the cell that has bits 8\/8\/8, and all else alike.* p within ±50: two one-sided/,
  );
  const { study: apart } = await readReport([study], readRunView, { within: ["bits"] });
  assert.equal(
    apart!.runs.map(({ against: other }) => other),
    [undefined, undefined, undefined, undefined],
  );
  assert.match(apart!.legend.join(" "), /to the first cell of the same bits/);
});

test("groups by what no run has, counterparts that are not there, and comparing a single run are refused", async () => {
  for (const [dir, comparing, expected] of [
    [study, { within: ["bitts"] }, /^--within: "bitts", expected bits\./],
    [study, { against: { bits: "5/5/5" } }, /^--against: bits=5\/5\/5 leads to no cell/],
    [dirOf("4.4.4", 1), { margin: 0.5 }, /^--margin requires several runs or a study, not a single run/],
  ] as const)
    await readReport([dir], readRunView, comparing).then(
      () => assert.unreachable(String(expected)),
      (error: Error) => assert.match(error.message, expected),
    );
});

test("a study of one run, and one with an empty or a foreign directory in it", async () => {
  const { dir, of } = copied();
  for (const [bits, seed] of [
    ["8.8.8", 2],
    ["4.4.4", 1],
    ["4.4.4", 2],
  ] as const)
    rmSync(of(bits, seed), { recursive: true });
  mkdirSync(join(dir, "notes"));
  writeFileSync(join(dir, "runs.csv"), 'run,status\n"cut');
  const { runs, study: found } = await readReport([dir], readRunView);
  assert.equal([runs.length, found!.cells, found!.hasCells], [1, ["cell all"], true]);
  assert.equal(
    found!.chart.panels.map(({ cells }) => cells.length),
    found!.chart.panels.map(() => 1),
  );
});

test("runs that are given by name stand in the order in which they are given; one of a study alone is no study", async () => {
  const { runs, study: found } = await readReport([dirOf("4.4.4", 1), dirOf("8.8.8", 1)], readRunView);
  assert.equal(
    runs.map(({ name }) => name),
    ["bits=4.4.4", "bits=8.8.8"],
  );
  assert.equal(
    found!.runs.map(({ against }) => against),
    [undefined, 0],
  );
  assert.not(found!.hasCells);
  const alone = await readReport([dirOf("4.4.4", 1)], readRunView);
  assert.equal([alone.runs.length, alone.study], [1, undefined]);
});

test("a run that failed by itself is told as failed, with its error, beside one that is finished", async () => {
  const failed = join(home, "failed");
  const limit = ({ step }: { readonly step: number }): void => {
    if (step === 3) throw new Error("no more");
  };
  const { message } = await eventsOf(tiny, { out: failed, tap: limit }).then(
    () => assert.unreachable("it goes on") as never,
    (error: Error) => error,
  );
  const { study: found } = await readReport([dirOf("4.4.4", 1), failed], readRunView);
  assert.equal(
    found!.runs.map(({ state }) => state),
    ["finished", "failed"],
  );
  assert.equal(found!.failures, [`failed: ${basename(failed)}: ${message}`]);
});

test("a damaged run of a study keeps the others; a directory without any run ends in a sentence", async () => {
  const { dir, of } = copied();
  writeFileSync(donePath(of("8.8.8", 1)), "{");
  const { runs, study: found } = await readReport([dir], readRunView);
  assert.is(runs.length, 4);
  assert.ok(runs.some(({ missing }) => missing.length > 0));
  assert.is(found!.runs.filter(({ state }) => state === "finished").length, 3);
  const empty = scratch();
  assert.match(await failureOf(readReport([empty], readRunView)), empty);
  const file = join(home, "a file");
  writeFileSync(file, "");
  const sentence = `${file}: not a directory, expected the directory of a run or of a study; check its name`;
  assert.ok((await failureOf(readReport([file], readRunView))).startsWith(sentence));
});

test("a page of 60 runs has less than 5 MB: they have fewer buckets, and keep every extreme", () => {
  const sites = Array.from({ length: 40 }, (_, i) => `layer${i}/input`);
  const row = (site: string, step: number) => {
    const x = Math.sin(step * 12.9898 + site.length * 78.233 + Number(site.match(/\d+/)![0])) * 43758.5453;
    return { min: -x, max: x, lo: -2 * x, hi: x / 3, clipped: step, bytesMoved: step * 7 };
  };
  const runs = Array.from({ length: 60 }, (_, i) => madeUp({ name: `seed=${i}`, sites, steps: 64, row }));
  const page = reportPage(runs);
  assert.ok(page.length < 5e6, `${page.length} characters`);
  assert.ok(reportPage(runs.slice(0, 1)).length > page.length / 60, "one alone is not cut");
});

test.run();
