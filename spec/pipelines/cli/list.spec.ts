/** @file `rangeflow list`: every run below a directory, whatever has become of it. */
import {
  cpSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lockOf } from "../../../pipelines/files/lock.ts";
import { settingsInForce } from "../../../pipelines/recipes/settingsInForce.ts";
import type { Identity } from "../../../pipelines/runs/identity.ts";
import { quantizationText } from "../../../pipelines/runs/runText.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import { foreignColumns, recordForeign } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, smallArgs, stoppedAfter } from "../runs.ts";

const test = suite("list");
const home = scratch();
const finished = join(home, "finished");
const stopped = join(home, "stopped");

type Run = Readonly<Record<string, unknown>>;

const listed = async (dir: string): Promise<readonly Run[]> => {
  const { code, out, err } = await answerTo(["list", dir, "--json"]);
  assert.is(code, 0, err);
  return out
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Run);
};

const onlyIn = async (dir: string): Promise<Run> => {
  const [run, ...others] = await listed(dir);
  assert.is(others.length, 0);
  return run!;
};

test.before(async () => {
  assert.is((await answerTo(["train", ...smallArgs, "--out", finished])).code, 0);
  // 10 steps, 3 batches of evaluation, and 2 steps of the second epoch.
  await stoppedAfter(15, stopped);
});

test("a run that has ended tells what it was, and how it has scored", async () => {
  const run = await onlyIn(finished);
  const { done, provenance } = JSON.parse(readFileSync(join(finished, "done.json"), "utf8"));
  const { event, state, experiment, quantization, score, metric, begun, seed } = run;
  assert.equal(
    { event, state, experiment, quantization, score, metric, begun, seed },
    {
      ...{ event: "run", state: "finished", experiment: "lenet5 on glyphs", seed: 1 },
      quantization: "8/8/8 currentMinMax/inHindsight/inHindsight",
      ...{ score: done.score, metric: "accuracy", begun: provenance.date },
    },
  );
  assert.ok((run.bytes as number) > 100_000);
});

test("a run tells its recipe, or its bits and ranges, and what is unusual beside them", async () => {
  const identity = async (settings: Partial<Settings>) => ({
    identity: { from: "settings", settings: await settingsInForce(settings) } as unknown as Identity,
  });
  const texts: readonly Partial<Settings>[] = [
    { recipe: "lbt" },
    { recipe: "lbt", bits: "6/6/6", gradientRange: "dsgc" },
    { recipe: "sat:bits=8", quantizerAt: ["dense/weight=sat"] },
    { recipe: "lbt", optimizer: "adam", lr: 0.01 },
    { bits: "4/4/4" },
    { bits: "8/8/8", weightQuantizer: "lsq", perChannel: true },
    { bits: "32/32/32" },
    { bits: "32/32/32", optimizer: "adam" },
    { bits: "32/32/32", firstBits: "4/4/4" },
    { bits: "32/32/32", bitsAt: ["conv1/*=4"] },
  ];
  assert.equal(await Promise.all(texts.map(async (settings) => quantizationText(await identity(settings)))), [
    "lbt",
    "lbt bits=6/6/6 gradient-range=dsgc",
    "sat:bits=8 quantizer-at=dense/weight=sat",
    "lbt optimizer=adam",
    "4/4/4 currentMinMax/inHindsight/inHindsight",
    "8/8/8 currentMinMax/inHindsight/inHindsight per-channel=true weight-quantizer=lsq",
    "float32",
    "float32 optimizer=adam",
    "32/32/32 currentMinMax/inHindsight/inHindsight first-bits=4/4/4",
    "32/32/32 currentMinMax/inHindsight/inHindsight bits-at=conv1/*=4",
  ]);
});

test("a run that was stopped tells at which of its steps, and the score of its last epoch", async () => {
  const run = await onlyIn(stopped);
  assert.equal([run.state, run.step, run.steps, run.metric], ["stopped", 12, 20, "accuracy"]);
  const epoch = readFileSync(join(stopped, "events.jsonl"), "utf8")
    .split("\n")
    .find((line) => line.includes('"epoch"'))!;
  assert.is(run.score, JSON.parse(epoch).testScore);
});

test("a recording of others is imported, of a format, with so many rows and sites", async () => {
  const dir = join(scratch(), "theirs");
  recordForeign(dir, foreignColumns([0, 1].map((step) => ({ step, site: "fc/gradient", min: -1, max: 1 }))));
  const { state, format, rows, sites, experiment } = await onlyIn(dir);
  assert.equal(
    { state, format, rows, sites, experiment },
    { state: "imported", format: "spec", rows: 2, sites: 1, experiment: undefined },
  );
  const { out } = await answerTo(["list", dir]);
  assert.match(out, / imported \(spec\): 2 rows of 1 sites\n$/);
});

test("a run whose lock a living process holds is going on; a lock that is left over counts for nothing", async () => {
  const dir = join(home, "held");
  cpSync(stopped, dir, { recursive: true });
  const lock = await lockOf(dir);
  try {
    const run = await onlyIn(dir);
    assert.equal([run.state, run.holder, run.step], ["going on", `process ${process.pid}`, 12]);
  } finally {
    lock.release();
  }
  writeFileSync(join(dir, "lock.json"), "{}");
  assert.is((await onlyIn(dir)).state, "stopped");
});

test("a damaged run says why, and takes no other one along", async () => {
  const dir = scratch();
  for (const name of ["whole", "changed", "cut"]) cpSync(finished, join(dir, name), { recursive: true });
  const path = join(dir, "changed", "done.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"score"', '"scare"'));
  truncateSync(join(dir, "cut", "done.json"), 100);
  mkdirSync(join(dir, "pipes", "ranges"), { recursive: true });
  mkdirSync(join(dir, "pipes", "checkpoint.safetensors"));
  const states = Object.fromEntries(
    (await listed(dir)).map((run) => [String(run.dir).slice(dir.length + 1), run]),
  );
  assert.is(states.whole!.state, "finished");
  assert.match(
    String(states.changed!.why),
    /done\.json: contents that do not match their checksum, expected /,
  );
  assert.match(String(states.cut!.why), /done\.json: contents that are not JSON/);
  assert.match(String(states.pipes!.why), /checkpoint\.safetensors: a directory, expected a checkpoint/);
  const { out, code } = await answerTo(["list", dir]);
  assert.is(code, 0);
  assert.match(out, /\nchanged .* damaged: .+done\.json: contents that do not match/);
});

test("a checkpoint and a log that are cut anywhere end in a line, too", async () => {
  const dir = join(home, "anywhere");
  for (const name of ["checkpoint.safetensors", "events.jsonl"]) {
    const whole = readFileSync(join(stopped, name));
    for (const share of [0, 1e-5, 2e-4, 0.003, 0.01, 0.1, 0.5, 0.999]) {
      cpSync(stopped, dir, { recursive: true });
      writeFileSync(join(dir, name), whole.subarray(0, Math.floor(share * whole.length)));
      const { state, why } = await onlyIn(dir);
      if (name === "events.jsonl") assert.is(state, "stopped");
      else assert.match(`${state}: ${why}`, /^damaged: .+checkpoint\.safetensors: .+, expected /);
    }
  }
});

test("recordings and weights are not read: what stands in them makes no difference", async () => {
  const dir = join(home, "unread");
  cpSync(finished, dir, { recursive: true });
  writeFileSync(join(dir, "ranges", "000000.arrows"), "nothing");
  writeFileSync(join(dir, "checkpoint.safetensors"), "nothing");
  assert.is((await onlyIn(dir)).state, "finished");
});

test("a recording alone is a run of which no more is known", async () => {
  const dir = join(home, "alone");
  cpSync(join(finished, "ranges"), join(dir, "ranges"), { recursive: true });
  const { state, experiment, score } = await onlyIn(dir);
  assert.equal([state, experiment, score], ["stopped", undefined, undefined]);
});

test("studies stand together under their name; the newest comes first", async () => {
  const dir = scratch();
  const copy = (name: string, from: string, age: number): void => {
    cpSync(from, join(dir, name), { recursive: true });
    const at = Date.now() / 1000 - age;
    for (const file of [
      "checkpoint.safetensors",
      "events.jsonl",
      "ranges/000000.arrows",
      "ranges/000000.sums",
    ])
      utimesSync(join(dir, name, file), at, at);
    if (from === finished) utimesSync(join(dir, name, "done.json"), at, at);
  };
  copy("old", finished, 3 * 86_400 + 5);
  copy("grid/seed=1", finished, 7205);
  copy("grid/seed=2", stopped, 65);
  copy("deep/down/new", finished, 2);
  writeFileSync(join(dir, "grid", "runs.csv"), "");
  const { out } = await answerTo(["list", dir]);
  const lines = out.split("\n").map((line) => line.replace(/ {2,}/g, " | "));
  const at = (start: string): number => lines.findIndex((line) => line.startsWith(start));
  assert.ok(at("deep/down/new | ") > 0 && at("deep/down/new | ") < at("old | "));
  assert.match(lines[at("old | ")]!, / \| 3 d \| .+ \| finished$/);
  assert.is(lines[at("study")], "study grid: 2 runs, 1 stopped");
  assert.match(lines[at("seed=2 | ")]!, / \| 1 min \| .+ \| stopped at step 12 of 20$/);
  assert.match(lines[at("seed=1 | ")]!, / \| 2 h \| /);
  assert.ok(at("seed=2 | ") < at("seed=1 | "));
  assert.equal((await listed(dir)).map(({ study }) => study).filter(Boolean), [
    join(dir, "grid"),
    join(dir, "grid"),
  ]);
});

test("a study may be called as recordings are, and stand in a directory with other runs", async () => {
  const dir = scratch();
  for (const [name, from] of [
    ["start", finished],
    ["ranges/seed=1", finished],
    ["ranges/seed=2", stopped],
  ] as const)
    cpSync(from, join(dir, name), { recursive: true });
  writeStudyFile(join(dir, "ranges"), { cells: [], pools: [], comparing: {} });
  const found = await listed(dir);
  assert.equal(found.map((run) => run.study ?? "none").toSorted(), [
    join(dir, "ranges"),
    join(dir, "ranges"),
    "none",
  ]);
  const { out, code } = await answerTo(["replay", join(dir, "ranges"), "--verify"]);
  assert.is(code, 0);
  assert.match(out, /verified 2 of 2 runs/);
});

test("links are followed once, and names may hold anything", async () => {
  const dir = scratch();
  cpSync(finished, join(dir, "a\n<b>\u001b[31m"), { recursive: true });
  symlinkSync(finished, join(dir, "linked"));
  symlinkSync(dir, join(dir, "loop"));
  symlinkSync(join(dir, "nowhere"), join(dir, "dangling"));
  const runs = await listed(dir);
  assert.is(runs.length, 2);
  assert.match((await answerTo(["list", dir])).out, /^a\\n<b>/m);
});

test("where there is none it says so; a directory that is not there is refused if it was named", async () => {
  assert.match(
    (await answerTo(["list", scratch()])).out,
    /^no runs in .+; rangeflow train --out .+\/NAME creates one\n$/,
  );
  const { code, err } = await answerTo(["list", join(home, "nowhere")]);
  assert.is(code, 2);
  assert.match(err, /nowhere: no such directory, expected a directory with runs; check the path\.\n$/);
  const file = await answerTo(["list", join(finished, "done.json")]);
  assert.is(file.code, 2);
  assert.match(file.err, /done\.json: not a directory, expected a directory with runs; check the path\.\n$/);
});

test("500 runs take seconds at most", async () => {
  const dir = scratch();
  for (let i = 0; i < 500; i++) {
    const run = join(dir, `seed=${i}`);
    mkdirSync(join(run, "ranges"), { recursive: true });
    cpSync(join(finished, "done.json"), join(run, "done.json"));
    cpSync(join(finished, "events.jsonl"), join(run, "events.jsonl"));
  }
  const before = process.cpuUsage();
  assert.is((await listed(dir)).length, 500);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 5e6, `${(user + system) / 1e6} s of processor time`);
});

test.run();
