/** @file Machines whose clocks differ by hours. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { childrenOf, dismissed, endAll, planned, quick, signal, weightsIn, worker } from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("machines whose clocks differ by hours");
const test = hasRedis ? suiteOf : suiteOf.skip;
let server: RedisServer;
suiteOf.before(async () => {
  if (hasRedis) server = await redisServer();
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

/** A module that sets the clock of a process. */
const clock = (hours: number): string =>
  `data:text/javascript,const now=Date.now;Date.now=()=>now()+${hours * 3_600_000}`;

test("a run of a worker that died is taken up by one with another clock, and nothing waits for it", async () => {
  const out = join(scratch(), "study");
  const args = ["--grid", "bits=8/8/8,4/4/4", "--seeds", "1", ...quick(30)];
  const following = planned(server.url, out, args, { imports: [clock(-5)] });
  const fast = worker(server.url, [], { imports: [clock(5)] });
  await fast.hears("begun");
  await sleep(500);
  for (const pid of [...childrenOf(fast.child.pid), fast.child.pid]) signal(pid, "SIGKILL");
  await fast.ended;
  const right = worker(server.url);
  const since = performance.now();
  assert.is((await following.ended).code, 0);
  assert.ok(performance.now() - since < 50_000, `${performance.now() - since} ms`);
  assert.is(Object.keys(weightsIn(out)).length, 2);
  assert.is(right.told.filter(({ committed }) => committed).length, 2);
  await dismissed(right);
});

suiteOf.run();
