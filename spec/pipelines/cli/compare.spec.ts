/** @file `rangeflow compare` as people use it: what it prints, and what is left of it when it is stopped or killed. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneOf, isAlive, rangeflow, small, smallArgs, version, workersIn } from "../runs.ts";

const test = suite("rangeflow compare");
const home = scratch();
const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));

const study = (out: string): readonly string[] => [
  ...["compare", ...smallArgs, "--grid", "bits=8/8/8,4/4/4", "--seeds", "2", "--jobs", "2"],
  ...["--out", join(home, out)],
];

const eventsIn = (out: string): readonly Readonly<Record<string, unknown>>[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Starts a study, and sends it a signal as soon as its first run has ended and another one is on its way. */
const interrupted = (args: readonly string[], dir: string, signal: "SIGKILL" | "SIGINT") =>
  new Promise<{ readonly code: number | null; readonly out: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (more) => {
      text += more;
    });
    const looking = setInterval(() => {
      if (!/seed \d: test/.test(text) || workersIn(dir).length === 0) return;
      clearInterval(looking);
      child.kill(signal);
    }, 10);
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(looking);
      resolve({ code, out: text });
    });
  });

test("a study that is killed takes its processes with it; the same command repeats no run that was done", async () => {
  const dir = join(home, "killed");
  const args = [
    ...["compare", "--engine", "simd", "--limit", "160", "--test-limit", "40", "--batch", "16"],
    ...["--grid", "epochs=1,16", "--seeds", "1", "--jobs", "2", "--out", dir],
  ];
  const [short, long] = [1, 16].map((epochs) =>
    join(dir, `epochs=${epochs},batch=16,limit=160,test-limit=40${version},seed=1`),
  ) as [string, string];
  const { code } = await interrupted(args, dir, "SIGKILL");
  assert.is(code, null);
  const workers = workersIn(dir);
  assert.ok(workers.length > 0);
  while (workers.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = statSync(join(short, "done.json")).mtimeMs;
  assert.not(existsSync(join(long, "done.json")), "the long run went on alone");

  const { code: ended, out, err } = await rangeflow([...args, "--json"]);
  assert.is(ended, 0, err);
  const [start, ...events] = eventsIn(out);
  assert.is(start?.finished, 1);
  assert.is(statSync(join(short, "done.json")).mtimeMs, before);
  assert.equal(
    events.filter(({ event }) => event === "run").map((run) => run.before),
    [true, false],
  );
  assert.is(doneRecordIn(long)?.done.weightsSha256, (await doneOf({ ...small, epochs: 16 })).weightsSha256);
});

test("after Ctrl-C it says how to go on, and a study that is complete is only printed", async () => {
  const { code, out } = await interrupted(study("stopped"), join(home, "stopped"), "SIGINT");
  assert.is(code, 130);
  assert.match(out, /^stopped, [1-3] of 4 runs left; the same command continues$/m);
  assert.not(existsSync(join(home, "stopped/lock.json")));
  assert.is((await rangeflow(study("stopped"))).code, 0);

  const complete = await answerTo(study("stopped"));
  assert.is(complete.code, 0);
  assert.is(complete.err, "");
  assert.match(complete.out, /^4 runs \(cells: 2, seeds: 2\) in \S+, all finished before$/m);
  const spread = String.raw`[\d.]+ ± [\d.]+ %`;
  assert.match(
    complete.out,
    new RegExp(`^8/8/8 {2,}2 {2,}${spread} {2,}[\\d.]+ %? *.* {2,}- {2,}- {2,}[\\d.]+ MB {2,}[\\d.]+$`, "m"),
  );
  assert.match(
    complete.out,
    new RegExp(`^4/4/4 {2,}2 {2,}${spread} .* [+-]?[\\d.]+ ± [\\d.]+ {2,}[<\\d. ]+ MB {2,}[\\d.]+$`, "m"),
  );
  assert.match(complete.out, /^4\/4\/4 {2}gradient {2,}5 {2,}0 {2,}[\d.]+ % {2,}[\d.]+ MB {2,}[\d.]+ MB$/m);
});

test("a report of its directory is one page of all runs; one of two of them, and of what is no run, too", async () => {
  const out = join(home, "study.html");
  const all = await answerTo(["report", join(home, "stopped"), "--out", out]);
  assert.is(all.code, 0, all.err);
  assert.match(all.out, /study\.html: 4 runs, [\d.]+ [KM]B$/m);
  assert.match(readFileSync(out, "utf8"), "<title>stopped</title>");
  const dirs = ["", "bits=4.4.4,"].map((bits) =>
    join(home, `stopped/${bits}epochs=2,batch=16,limit=160,test-limit=40${version},seed=1`),
  );
  const two = await answerTo(["report", ...dirs, "--out", out]);
  assert.match(two.out, /: 2 runs, /);
  const { code, err } = await answerTo(["report", dirs[0]!, home, "--out", out]);
  assert.is(code, 2);
  assert.ok(err.includes(home), err);
});

test("it draws a chart and writes a page, of which it writes only the measured part again", async () => {
  const [chart, page] = [join(home, "pages/charts/bits.svg"), join(home, "pages/bits.md")];
  const args = [...study("stopped"), "--chart", chart, "--markdown", page, "--data-dir", "/somewhere/else"];
  assert.is((await answerTo(args)).code, 0);
  assert.match(readFileSync(chart, "utf8"), /^<svg [\s\S]*lenet5 on glyphs[\s\S]*<\/svg>\n$/);
  const whole = readFileSync(page, "utf8");
  assert.match(whole, /^# Comparison: lenet5 on glyphs$/m);
  assert.match(
    whole,
    /^npx rangeflow compare --engine simd .* --epochs 2 --seeds 2 --data-dir DIR --grid bits=8\/8\/8,4\/4\/4$/m,
  );
  assert.match(whole, /^!\[.*\]\(charts\/bits\.svg\)$/m);
  assert.match(whole, /^\| 4\/4\/4 \| 2 \| [\d.]+ ± [\d.]+ % \| /m);
  assert.not.match(whole, /\/somewhere/);

  const read = `${whole.replace(/^\| 4\/4\/4 .*\n/m, "")}\nFour bits are fewer than eight.\n`;
  writeFileSync(page, read);
  assert.is((await answerTo(args)).code, 0);
  assert.is(readFileSync(page, "utf8"), `${whole}\nFour bits are fewer than eight.\n`);

  writeFileSync(page, "My own page.\n");
  const { code, err } = await answerTo(args);
  assert.is(code, 2);
  assert.match(err, /bits\.md: a page without a measured part, expected one with the lines /);
  assert.is(readFileSync(page, "utf8"), "My own page.\n");

  // Both are refused before anything is trained.
  const fresh = join(home, "fresh");
  const own = await answerTo([...args, "--out", fresh]);
  assert.match(own.err, /bits\.md: a page without a measured part/);
  const one = await answerTo([...study("fresh"), "--chart", page, "--markdown", page]);
  assert.match(one.err, /--markdown: .+bits\.md, the file of --chart, expected another file\./);
  assert.not(existsSync(fresh));
});

test("a run that fails is named at the end, and the exit code says so", async () => {
  const out = join(home, "failing");
  const { code, out: text } = await answerTo([
    ...["compare", ...smallArgs, "--cell", "lr=1e30", "--seeds", "1", "--out", out],
  ]);
  assert.is(code, 2);
  assert.match(text, /^lr 1e30 {2}seed 1: failed, loss, step \d: the loss is /m);
  assert.match(text, /^failed: 1e30 {2}seed 1: loss, step \d: the loss is .*, expected a finite loss; /m);
});

test.run();
