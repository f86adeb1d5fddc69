/** @file Runs of a planned study belong to its cells by what they are, whatever they were given and wherever they lie. */
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { studyIn } from "../../../pipelines/report/studyDirectory.ts";
import { donePath, doneRecordIn, doneRecordsBelow } from "../../../pipelines/runs/doneRecord.ts";
import { directoryDocuments } from "../../../pipelines/stores/directoryDocuments.ts";
import { cellId } from "../../../pipelines/studies/cellId.ts";
import { writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import { jobIdOf, writeFailure } from "../../../pipelines/sweeps/jobDocument.ts";
import { failureOf } from "../../support/failureOf.ts";
import { eventsOf } from "../runs.ts";
import { filed, idOf, planned, reported, scoresIn } from "./plannedStudy.ts";
import { copied, tiny } from "./twoCells.ts";

const test = suite("runs of planned studies");

test("a seed whose run had another number of threads is one of its cell, also beside other comparisons", async () => {
  const { dir } = planned();
  await eventsOf({ ...tiny, bits: "4/4/4", seed: 3, threads: 2 }, { out: join(dir, "alone") });
  for (const asked of [{}, { within: ["model"] }, { against: { bits: "4/4/4" } }])
    assert.equal(
      scoresIn(await reported(dir, asked)).map(([bits, seeds]) => [bits, seeds]),
      [
        ["4/4/4", "3"],
        ["8/8/8", "2"],
      ],
      JSON.stringify(asked),
    );
});

test("threads that a plan varies tell cells apart", async () => {
  const { dir, of } = copied();
  await eventsOf({ ...tiny, bits: "4/4/4", seed: 1, threads: 2 }, { out: join(dir, "two threads") });
  rmSync(of("8.8.8", 1), { recursive: true });
  rmSync(of("8.8.8", 2), { recursive: true });
  const cells = [1, 2].map((threads) => {
    const { identity } = doneRecordIn(threads === 1 ? of("4.4.4", 1) : join(dir, "two threads"))!;
    const runs = [{ name: `${threads} threads`, seed: 1 }];
    return { settings: { threads }, id: cellId(identity, ["threads"]), first: 0, runs };
  });
  writeStudyFile(dir, { cells, pools: [], comparing: {} });
  assert.equal(
    scoresIn(await reported(dir)).map(([threads, seeds]) => [threads, seeds]),
    [
      ["1", "2"],
      ["2", "1"],
    ],
  );
});

test("of runs that differ in what their plan does not vary, the one that compare finds is of the cell", async () => {
  const { dir, of } = planned();
  const rows = scoresIn(await reported(dir));
  const named = join(dir, filed([of("4.4.4", 1)])[0]!.name);
  renameSync(of("4.4.4", 1), named);
  await eventsOf({ ...tiny, bits: "4/4/4", seed: 1, threads: 2 }, { out: join(dir, "a two") });
  const found = await reported(dir);
  assert.equal(scoresIn(found), rows);
  assert.match(
    found.failures.join(),
    /^1 run is of no cell of this study as it was planned last, .*: a two\. /,
  );
  const apart = scoresIn(await reported(dir, { within: ["model"] }));
  assert.is(apart.length, 3);
  // Neither has the name of the plan now, so the first by name counts.
  renameSync(named, join(dir, "b one"));
  const other = await reported(dir);
  assert.equal(scoresIn(other)[0]![1], "2");
  assert.match(other.failures.join(), /, and in no table: b one\. /);
});

test("a link to a run that is there anyway is no other run", async () => {
  const { dir, of } = planned();
  const rows = scoresIn(await reported(dir));
  symlinkSync(of("8.8.8", 2), join(dir, "latest"));
  assert.equal(scoresIn(await reported(dir)), rows);
  assert.is(doneRecordsBelow(dir).size, 4);
});

test("failed runs that are not planned any more are told as such, and are no failures", async () => {
  const { dir } = planned({ seeds: 3 });
  const rows = ["of a file as it was", "4.4.4, seed 3"].map((name) => `"${name}",failed,no luck\n`);
  writeFileSync(join(dir, "runs.csv"), `run,status,message\n${rows.join("")}`);
  assert.equal((await reported(dir)).failures, [
    "failed: 4/4/4  seed 3: no luck",
    "1 failed run left nothing and is not planned any more: of a file as it was.",
  ]);
});

test("a run that failed under an earlier plan and left its directory is of no cell, and no failure", async () => {
  const { dir, of } = planned();
  renameSync(of("4.4.4", 1), join(dir, "of a file as it was"));
  rmSync(donePath(join(dir, "of a file as it was")));
  writeFileSync(join(dir, "runs.csv"), "run,status,message\nof a file as it was,failed,no luck\n");
  const cells = [{ settings: {}, id: idOf(of("8.8.8", 1)), first: 0, runs: [] }];
  writeStudyFile(dir, { cells, pools: [], comparing: {} });
  const { failures } = await reported(dir);
  assert.is(failures.length, 1);
  assert.match(failures[0]!, /^2 runs are of no cell of this study as it was planned last, /);
});

test("a first cell of which no run has finished is named, as the one that nothing is compared with", async () => {
  const { dir, of } = planned();
  const sentence = /Nothing is compared with the first cell, bits 4\/4\/4: none of its runs has finished\./;
  assert.not.match((await reported(dir)).legend.join(" "), sentence);
  for (const seed of [1, 2]) rmSync(of("4.4.4", seed), { recursive: true });
  const found = await reported(dir);
  assert.equal(
    scoresIn(found).map(([bits]) => bits),
    ["8/8/8"],
  );
  assert.match(found.legend.join(" "), sentence);
});

test("a plan holds for runs of other seeds where none of its own is there yet", async () => {
  const { dir, of } = planned();
  const cells = ["4.4.4", "8.8.8"].map((bits) => ({
    ...{ settings: { bits: bits.replaceAll(".", "/") }, id: idOf(of(bits, 1)), first: 0 },
    runs: [{ name: `${bits}, still to come`, seed: 41 }],
  }));
  writeStudyFile(dir, { cells, pools: [], comparing: {} });
  const found = await reported(dir);
  assert.equal(
    scoresIn(found).map(([bits, seeds]) => [bits, seeds]),
    [
      ["4/4/4", "2"],
      ["8/8/8", "2"],
    ],
  );
  assert.equal([found.left, found.failures], [2, []]);
});

test("runs that are left are counted beside other comparisons, too", async () => {
  const { dir } = planned({ seeds: 3 });
  assert.is((await reported(dir, { within: ["model"] })).left, 2);
});

test("a failed run counts once, whatever its directory is called, and one that cannot be read by its planned cell", async () => {
  const { dir, of } = planned();
  const name = filed([of("8.8.8", 1)])[0]!.name;
  rmSync(donePath(of("8.8.8", 1)));
  writeFileSync(join(dir, "runs.csv"), `run,status,message\n"${name}",failed,no luck\n`);
  renameSync(of("8.8.8", 1), join(dir, "renamed"));
  const renamed = await reported(dir);
  assert.is(renamed.failures.filter((text) => text.includes("no luck")).length, 1);
  assert.is(renamed.left, 0);
  renameSync(join(dir, "renamed"), join(dir, name));
  writeFileSync(join(dir, "runs.csv"), "run,status\n");
  writeFileSync(join(dir, name, "checkpoint.safetensors"), "x");
  const damaged = await reported(dir);
  assert.match(damaged.failures.join("\n"), /^failed: 8\/8\/8 {2}seed 1: .*checkpoint\.safetensors: /);
  assert.is(damaged.left, 0);
});

test("failures that a sweep has noted are those of the study", async () => {
  const { dir, of } = planned({ seeds: 3 });
  const message = "loss, step 3: the loss is NaN";
  const failed = { runId: "r", name: "4.4.4, seed 3" };
  await writeFailure(directoryDocuments(dir), jobIdOf(failed), { ...failed, message, machine: "here" });
  const found = await reported(dir);
  assert.match(found.failures.join("\n"), /4\/4\/4.*3.*loss, step 3: the loss is NaN/);
  assert.is(found.left, 1);
  for (const bits of ["4.4.4", "8.8.8"])
    for (const seed of [1, 2]) rmSync(of(bits, seed), { recursive: true });
  assert.match(
    await failureOf(reported(dir)),
    /a study none of whose runs has left anything, 6 planned; 1 failed, such as 4\.4\.4, seed 3: loss, step 3/,
  );
});

test("a run that failed on one machine and has finished on another is no failure; a damaged note of one is", async () => {
  const { dir, of } = planned();
  const run = { runId: "r", name: filed([of("8.8.8", 1)])[0]!.name };
  const documents = directoryDocuments(dir);
  await writeFailure(documents, jobIdOf(run), { ...run, message: "boom", machine: "there" });
  assert.equal([...(await studyIn(dir))!.failures], []);
  await documents.write("failed", "job", "{}");
  const { failures, unplanned } = (await studyIn(dir))!;
  assert.equal([[...failures], unplanned], [[], ["job"]]);
});

test("a plan of another version is told as one", async () => {
  const { dir } = planned();
  writeFileSync(join(dir, "study.json"), JSON.stringify({ schema: 1, cells: [] }));
  assert.match(
    await failureOf(reported(dir)),
    /study\.json: the plan of a study in schema 1 \(this version has 3\)/,
  );
});

test.run();
