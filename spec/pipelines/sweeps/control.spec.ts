/** @file What a person does with a study on a queue: looks, stops, cancels, rebuilds and goes on. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, isAlive } from "../runs.ts";
import {
  attemptsIn,
  childrenOf,
  dismissed,
  endAll,
  planned,
  quick,
  started,
  until,
  weightsIn,
  worker,
} from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("a study on a queue and its person");
const test = hasRedis ? suiteOf : suiteOf.skip;
let server: RedisServer;
suiteOf.before(async () => {
  if (hasRedis) server = await redisServer();
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

const sweep = async (action: string, out: string): Promise<Record<string, unknown>> => {
  const asked = ["sweep", action, "--out", out, "--queue", server.url, "--json"];
  const { code, out: text, err } = await answerTo(asked);
  assert.is(code, 0, err);
  return JSON.parse(text);
};

const flushed = (): void => {
  assert.is(spawnSync("redis-cli", ["-p", String(server.port), "FLUSHALL"]).status, 0);
};

test("status, before, during and after; cancel ends what runs, empties the queue and keeps what has ended", async () => {
  const out = join(scratch(), "study");
  const args = (epochs: string): readonly string[] => ["--grid", `epochs=${epochs}`, "--seeds", "1"];
  const short = [...quick().slice(0, -2)];
  const following = planned(server.url, out, [...args("1,3000,4000"), ...short]);
  await following.hears("study");
  const before = await sweep("status", out);
  assert.equal(
    { ...before, study: "", machines: [], active: [] },
    {
      ...{ event: "sweep", study: "", runs: 3, done: 0, left: 3, cancelled: false, failed: [], active: [] },
      ...{ machines: [], refusals: [], counts: { waiting: 3, active: 0 } },
    },
  );
  const working = worker(server.url);
  await working.hears("begun", ({ run }) => !String(run).includes("epochs=1,"));
  const [pid = 0] = childrenOf(working.child.pid);
  await following.hears("run");
  const { done, left, counts, active } = await sweep("status", out);
  assert.equal({ done, left, counts }, { done: 1, left: 2, counts: { waiting: 1, active: 1 } });
  assert.is((active as readonly unknown[]).length, 1);
  const text = await answerTo(["sweep", "status", "--out", out, "--queue", server.url]);
  assert.match(
    text.out,
    /^3 runs: 1 done, 0 failed, 2 left\n1 workers?; queue of all studies: 1 waiting, 1 active\n/,
  );

  const since = performance.now();
  assert.is((await sweep("cancel", out)).left, 2);
  await until(
    () => "the end of the process",
    () => !isAlive(pid),
  );
  assert.ok(performance.now() - since < 6000, `${performance.now() - since} ms`);
  assert.is((await working.hears("ended", ({ end }) => end === "cancelled")).event, "ended");
  await following.ended;
  const after = await sweep("status", out);
  assert.equal([after.done, after.left, after.cancelled], [1, 2, true]);
  assert.equal(after.counts, { waiting: 0, active: 0 });
  assert.is(Object.keys(weightsIn(out)).length, 1);

  const again = planned(server.url, out, [...args("1,2"), ...short]);
  assert.is((await again.ended).code, 0);
  assert.is(Object.keys(weightsIn(out)).length, 2);
  assert.is((await sweep("status", out)).cancelled, false);
  await dismissed(working);
});

test("Ctrl-C at compare leaves the study to the workers; rebuild brings back what a queue has lost", async () => {
  const out = join(scratch(), "study");
  const args = ["--grid", "bits=8/8/8,4/4/4", "--seeds", "1", ...quick()];
  const following = planned(server.url, out, args);
  await following.hears("study");
  following.child.kill("SIGINT");
  assert.is((await following.ended).code, 130);
  assert.equal((await sweep("status", out)).counts, { waiting: 2, active: 0 });
  flushed();
  assert.equal((await sweep("status", out)).counts, { waiting: 0, active: 0 });
  assert.is((await sweep("rebuild", out)).offered, 2);
  assert.is((await sweep("rebuild", out)).offered, 0);
  const working = worker(server.url, ["--once"]);
  assert.is((await working.ended).code, 0);
  assert.is(Object.keys(weightsIn(out)).length, 2);
  assert.not(readdirSync(out).includes("runs.csv"));
  const again = planned(server.url, out, args);
  assert.equal(await again.ended, { code: 0, err: "" });
  const { jobs, finished } = await again.hears("study");
  assert.equal([jobs, finished], [0, 2]);
});

test("a worker that is stopped gives its run back, and the next goes on from there to the same bits", async () => {
  const [out, local] = [join(scratch(), "study"), join(scratch(), "local")];
  const args = ["--grid", "bits=8/8/8", "--seeds", "1", ...quick(60)];
  const following = planned(server.url, out, args);
  const first = worker(server.url);
  await first.hears("begun");
  await until(
    () => "a checkpoint",
    () => attemptsIn(out).some((name) => existsSync(join(out, name, "checkpoint.safetensors"))),
  );
  assert.is(await dismissed(first), 130);
  assert.is((await first.hears("ended")).end, "stopped");
  assert.is(attemptsIn(out).length, 1);
  const next = worker(server.url, ["--once"]);
  const { committed } = await next.hears("ended");
  assert.is(committed, true);
  assert.is((await following.ended).code, 0);
  assert.is((await next.ended).code, 0);
  assert.is((await started(["compare", ...args, "--out", local]).ended).code, 0);
  assert.equal(weightsIn(out), weightsIn(local));
});

test("--once ends with the last run, not with the first place that finds the queue empty", async () => {
  const out = join(scratch(), "study");
  const short = quick().slice(0, -2);
  const following = planned(server.url, out, ["--grid", "epochs=1,40", "--seeds", "1", ...short]);
  await following.hears("study");
  const working = worker(server.url, ["--jobs", "2", "--once"]);
  assert.is((await working.ended).code, 0);
  assert.equal(
    working.told.filter(({ event }) => event === "ended").map(({ end }) => end),
    ["done", "done"],
  );
  assert.is((await following.ended).code, 0);
});

suiteOf.run();
