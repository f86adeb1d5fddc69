/** @file Commands that read runs take the store of a study as they take a directory. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openStore } from "../../../pipelines/stores/openStore.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";
import { type SmallS3, smallS3 } from "./smallS3.ts";
import { begun, finish, run, trainFor } from "./storeLaws.ts";

const test = suite("stores that are read");
const place = "s3://bucket/study";
const other = { name: "bits=8.8.8,seed=2", runId: "fedcba9876543210" };

let service: SmallS3;
test.before(async () => {
  process.env.RANGEFLOW_CACHE = scratch();
  service = await smallS3();
  const store = await openStore(place);
  for (const [which, seed] of [
    [run, 1],
    [other, 2],
  ] as const) {
    const attempt = await begun(store, which);
    await finish(attempt, seed);
    assert.is(await attempt.commit(), "committed");
    await attempt.leave();
  }
  const going = await begun(store, { name: "bits=2.2.2,seed=3", runId: "aaaa" });
  await trainFor(2, going);
  await going.save();
  await going.leave();
});
test.after(() => service.stop());

test("list shows the committed runs, from their records alone", async () => {
  const { code, out, err } = await answerTo(["list", place, "--json"]);
  assert.is(code, 0, err);
  const runs = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(
    runs.map(({ state }) => state),
    ["finished", "finished"],
  );
  assert.equal(runs.map(({ seed }) => seed).sort(), [1, 2]);
  const { dir } = await openStore(place);
  assert.not.ok(existsSync(join(dir, run.name, "ranges")));
});

test("replay verifies the runs of a store, or one of them", async () => {
  const all = await answerTo(["replay", place, "--verify"]);
  assert.match(all.out, /verified 2 of 2 runs/);
  const one = await answerTo(["replay", `${place}/${run.name}`, "--verify"]);
  assert.match(one.out, /^verified: \d+ ranges at \d+ sites replay to the bit/);
});

test("report shows the runs of a store, or one of them", async () => {
  const file = join(scratch(), "report.html");
  const all = await answerTo(["report", place, "--out", file]);
  assert.match(all.out, /2 runs, /, all.err);
  assert.ok(readFileSync(file).length > 100_000);
  const one = await answerTo(["report", `${place}/${other.name}`, "--out", file]);
  assert.match(one.out, /1 run, /, one.err);
});

test("a run that the store has no more is shown no more", async () => {
  const { dir, committed } = await openStore(place);
  service.objects.all.delete(`study/.committed/${other.name}.json`);
  assert.is((await committed()).size, 1);
  const { out } = await answerTo(["list", place, "--json"]);
  assert.is(out.trim().split("\n").length, 1);
  assert.equal(
    readdirSync(dir).filter((name) => !name.startsWith(".")),
    [run.name],
  );
});

test("a place without committed runs is one sentence", async () => {
  for (const nothing of ["s3://bucket/elsewhere", `${place}/none`, "s3://bucket"]) {
    const { code, err } = await answerTo(["report", nothing, "--out", join(scratch(), "report.html")]);
    assert.is(code, 2);
    assert.match(
      err,
      /: no committed run, expected s3:\/\/BUCKET\/PREFIX of a study, or s3:\/\/BUCKET\/PREFIX\/RUN/,
    );
  }
});

test.run();
