/** @file Runs that fail by themselves, and runs that kill their processes. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { dismissed, endAll, planned, quick, worker } from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("runs on a queue that fail");
const test = hasRedis ? suiteOf : suiteOf.skip;
let server: RedisServer;
suiteOf.before(async () => {
  if (hasRedis) server = await redisServer();
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

test("a run that fails by itself has failed at once, and the others go on", async () => {
  const out = join(scratch(), "study");
  const following = planned(server.url, out, ["--grid", "lr=1e30,0.02", "--seeds", "1", ...quick()]);
  const working = worker(server.url);
  assert.is((await following.ended).code, 2);
  const runs = following.told.filter(({ event }) => event === "run");
  assert.equal(runs.map(({ status }) => status).sort(), ["done", "failed"]);
  const message = runs.find(({ status }) => status === "failed")?.message as string;
  assert.match(message, /the loss is /);
  const csv = readFileSync(join(out, "runs.csv"), "utf8");
  assert.match(csv, /lr=1e\+30.*,failed,.*the loss is /);
  assert.equal(
    working.told
      .filter(({ event }) => event === "ended")
      .map(({ end }) => end)
      .sort(),
    ["done", "failed"],
  );
  await dismissed(working);
});

/** An estimator that kills its process as long as a file is there. */
const poison = (trap: string): string => `import { existsSync } from "node:fs";
import { currentMinMax } from "rangeflow";
if (existsSync(${JSON.stringify(trap)})) {
  console.error("these are my last words");
  process.kill(process.pid, "SIGKILL");
}
export default currentMinMax();
`;

test("a run that kills its process is tried five times, and taken up again by the next compare", async () => {
  const [dir, trap] = [scratch(), join(scratch(), "trap")];
  writeFileSync(join(dir, "poison.mjs"), poison(trap));
  const out = join(dir, "study");
  const args = ["--grid", "gradient-range=currentMinMax,./poison.mjs", "--seeds", "1", ...quick()];
  const following = planned(server.url, out, args, { cwd: dir });
  await following.hears("study");
  writeFileSync(trap, "");
  const working = worker(server.url, ["--trust"]);
  assert.is((await following.ended).code, 2);
  const ends = working.told.filter(({ event }) => event === "ended").map(({ end }) => end);
  assert.equal(ends.sort(), [...Array(5).fill("crashed"), "done"]);
  const failed = following.told.find(({ status }) => status === "failed");
  assert.match(
    failed?.message as string,
    /^5 processes have ended in it, the last one here: the process of the run ended by SIGKILL. these are my last words/,
  );
  assert.match(readFileSync(join(out, "runs.csv"), "utf8"), /,failed,.*these are my last words/);
  rmSync(trap);
  const again = planned(server.url, out, args, { cwd: dir });
  assert.equal(await again.ended, { code: 0, err: "" });
  await dismissed(working);
});

suiteOf.run();
