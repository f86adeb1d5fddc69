/** @file Workers that are frozen past their locks and wake, and workers that die. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { isAlive } from "../runs.ts";
import {
  attemptsIn,
  childrenOf,
  dismissed,
  endAll,
  planned,
  quick,
  type Running,
  signal,
  started,
  until,
  weightsIn,
  worker,
} from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("workers of a queue that are frozen, or die");
const test = hasRedis ? suiteOf : suiteOf.skip;
const study = ["--grid", "bits=8/8/8", "--seeds", "1", ...quick(60)];
let server: RedisServer;
let expected: Readonly<Record<string, string | undefined>>;

suiteOf.before(async () => {
  if (!hasRedis) return;
  server = await redisServer();
  const local = join(scratch(), "local");
  assert.is((await started(["compare", ...study, "--out", local]).ended).code, 0);
  expected = weightsIn(local);
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

/** Waits until a worker has begun a run, and trains it. */
const training = async ({ child, hears }: Running): Promise<readonly number[]> => {
  await hears("begun");
  await until(
    () => "a process that trains",
    () => childrenOf(child.pid).length > 0,
  );
  await sleep(500);
  return childrenOf(child.pid);
};

for (const frozen of ["the parent", "the parent and its child"])
  test(`a worker of which ${frozen} was frozen while another took its run wakes, and commits nothing`, async () => {
    const out = join(scratch(), "study");
    const following = planned(server.url, out, study);
    const first = worker(server.url);
    const pids = [first.child.pid, ...(await training(first)).filter(() => frozen !== "the parent")];
    for (const pid of pids) signal(pid, "SIGSTOP");
    const second = worker(server.url);
    await second.hears("begun");
    for (const pid of pids) signal(pid, "SIGCONT");
    assert.is((await first.hears("ended")).end, "lost");
    const { end, committed } = await second.hears("ended");
    assert.equal({ end, committed }, { end: "done", committed: true });
    assert.is((await following.ended).code, 0);
    assert.equal(weightsIn(out), expected);
    assert.equal(attemptsIn(out), []);
    assert.equal(await Promise.all([first, second].map(dismissed)), [130, 130]);
    assert.equal(
      first.told.filter(({ committed }) => committed),
      [],
    );
  });

test("a frozen worker whose run nobody has taken takes it up again, to the same bits", async () => {
  const out = join(scratch(), "study");
  const following = planned(server.url, out, study);
  const only = worker(server.url);
  const pids = [only.child.pid, ...(await training(only))];
  for (const pid of pids) signal(pid, "SIGSTOP");
  await sleep(3000);
  for (const pid of pids) signal(pid, "SIGCONT");
  await only.hears("ended", ({ end, committed }) => end === "done" && committed === true);
  assert.is((await following.ended).code, 0);
  assert.equal(weightsIn(out), expected);
  await dismissed(only);
});

test("the process of a run ends with its worker, and another worker goes on", async () => {
  const out = join(scratch(), "study");
  const following = planned(server.url, out, study);
  const first = worker(server.url);
  const [pid = 0] = await training(first);
  first.child.kill("SIGKILL");
  await first.ended;
  await until(
    () => "the end of a process without its parent",
    () => !isAlive(pid),
  );
  const [attempt, ...others] = attemptsIn(out);
  assert.equal([typeof attempt, others], ["string", []]);
  assert.not(existsSync(join(out, String(attempt), "done.json")), "its run has not gone to its end");
  const second = worker(server.url);
  assert.is((await following.ended).code, 0);
  assert.equal(weightsIn(out), expected);
  await dismissed(second);
});

test("a worker that is told to stop while Redis is away ends, and leaves a checkpoint to go on from", async () => {
  const own = await redisServer();
  const out = join(scratch(), "away");
  const following = planned(own.url, out, study);
  const working = worker(own.url);
  const [pid] = await training(working);
  await own.close();
  const since = performance.now();
  working.child.kill("SIGTERM");
  assert.is((await working.ended).code, 130);
  assert.ok(performance.now() - since < 20_000, `${performance.now() - since} ms`);
  await until(
    () => `the end of ${pid}`,
    () => !isAlive(pid as number),
  );
  assert.is(attemptsIn(out).length, 1);
  signal(following.child.pid, "SIGKILL");
});

suiteOf.run();
