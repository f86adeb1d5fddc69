/** @file Directories of runs where those of studies are asked for, and the other way round; and what is left of a study. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { cellId } from "../../../pipelines/studies/cellId.ts";
import { runName } from "../../../pipelines/studies/runName.ts";
import { writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, eventsOf, small, smallArgs } from "../runs.ts";

const test = suite("places of studies");

const study = join(scratch(), "study");
const run = join(study, "one");

test.before(async () => {
  await eventsOf({ ...small, epochs: 1 }, { out: run });
  const { identity } = doneRecordIn(run)!;
  const runs = [
    { name: runName(identity, []), seed: 1 },
    { name: "another", seed: 2 },
  ];
  writeStudyFile(study, {
    cells: [{ settings: {}, id: cellId(identity, []), runs, first: 0 }],
    pools: [],
    comparing: {},
  });
});

const refusal = async (args: readonly string[]): Promise<string> => {
  const { code, err } = await answerTo(args);
  assert.is(code, 2, err);
  return err;
};

test("a run is not trained into a study, which nobody would see any more, nor a study into a run", async () => {
  assert.match(
    await refusal(["train", ...smallArgs, "--out", study]),
    /^\S+study: the directory of a study, expected an empty or new directory; name another, such as /,
  );
  assert.not(existsSync(join(study, "ranges")));
  assert.match(
    await refusal(["compare", ...smallArgs, "--seeds", "1", "--out", run]),
    /^\S+one: the directory of a run, expected that of a study, or a new one; name another/,
  );
  assert.not(existsSync(join(run, "study.json")));
});

test("a study is not watched as a run", async () =>
  assert.match(
    await refusal(["watch", study]),
    /study: the directory of a study, expected that of one run; /,
  ));

test("a study is not replayed as a run", async () =>
  assert.match(
    await refusal(["replay", study]),
    /^rangeflow replay: \S+study, a study of 1 runs?, expected one run; name the directory of one of them; --verify/,
  ));

test("a study that is verified tells how many of its runs are not there", async () => {
  const { code, out } = await answerTo(["replay", study, "--verify"]);
  assert.is(code, 0);
  assert.match(
    out,
    /\nverified 1 of 1 runs: \d+ ranges at \d+ sites replay to the bit; 1 more run was planned\n$/,
  );
});

test("a study that is verified tells how many planned runs have failed, and its exit code does", async () => {
  const csv = join(study, "runs.csv");
  writeFileSync(csv, "run,status,message\nanother,failed,no luck\nof an earlier plan,failed,no luck\n");
  const { code, out } = await answerTo(["replay", study, "--verify"]);
  assert.is(code, 2);
  assert.match(out, /\nverified 1 of 1 runs: \d+ ranges at \d+ sites replay to the bit; 1 failed\n$/);
  const { out: lines } = await answerTo(["replay", study, "--verify", "--json"]);
  assert.match(lines, /"failed":1,"left":0\}\n$/);
  rmSync(csv);
});

test("a plan that is damaged is told behind what was verified", async () => {
  writeFileSync(join(study, "study.json"), "{}");
  const { code, out, err } = await answerTo(["replay", study, "--verify"]);
  assert.is(code, 2);
  assert.match(out, /^one: verified: /);
  assert.match(err, /study\.json: an object without a checksum, expected .*; remove it/);
});

test.run();
