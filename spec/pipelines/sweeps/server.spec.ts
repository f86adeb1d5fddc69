/** @file Servers that no queue can be on, and passwords that nobody is told. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { masked } from "../../../pipelines/sweeps/redis.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";
import { dismissed, endAll, planned, quick, worker } from "./processes.ts";
import { freePort, hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("servers of queues");
const test = hasRedis ? suiteOf : suiteOf.skip;
const servers: RedisServer[] = [];
const opened = async (args: readonly string[]): Promise<RedisServer> => {
  const server = await redisServer(args);
  servers.push(server);
  return server;
};
suiteOf.after(async () => {
  endAll();
  for (const server of servers) await server.close();
});

/** The sentence with which a worker ends. */
const refusal = async (url: string): Promise<string> => {
  const { code, out, err } = await answerTo(["work", "--queue", url, "--once"]);
  assert.is(code, 2, out);
  assert.match(err, /^[^\n]+: [^\n]+, expected [^\n]+\.\n$/);
  assert.not.match(err, /hunter2/);
  return err;
};

suiteOf("addresses lose their user and password, whatever else is in them", () => {
  for (const [url, expected] of [
    ["redis://host:1", "redis://host:1"],
    ["redis://:hunter2@host", "redis://...@host"],
    ["rediss://ann:hunter2@host:1/2", "rediss://...@host:1/2"],
    ["redis://:hunter2/@hunter2@host", "redis://...@host"],
    ["redis:/:hunter2@host", "redis:/...@host"],
    ["ann:hunter2@host", "...@host"],
    ["redis://host?password=hunter2&db=1", "redis://host?password=...&db=1"],
  ] as const)
    assert.is(masked(url), expected);
});

suiteOf("an address that is none", async () => {
  for (const url of ["localhost", "http://host", "redis://", "redis:/:hunter2@host", "redis://host:port"])
    assert.match(await refusal(url), /^--queue: ".*", expected redis:\/\/HOST or redis:\/\/HOST:PORT/);
});

suiteOf("nobody listens", async () => {
  const url = `redis://:hunter2@127.0.0.1:${await freePort()}`;
  assert.match(await refusal(url), /no Redis \(connection refused\), expected a running Redis or Valkey/);
  assert.match(await refusal("redis://no-host.invalid"), /no Redis \((no host of that name|no answer)\)/);
});

test("a wrong password, or none", async () => {
  const { port, url } = await opened(["--requirepass", "hunter2"]);
  for (const address of [url, `redis://:wrong@127.0.0.1:${port}`, `redis://ann:hunter2@127.0.0.1:${port}`])
    assert.match(await refusal(address), /a wrong password or none, expected the user and password/);
});

test("a server that throws keys away", async () => {
  const { url } = await opened(["--maxmemory-policy", "allkeys-lru"]);
  assert.match(
    await refusal(url),
    /\(maxmemory-policy allkeys-lru\), expected maxmemory-policy noeviction; redis-cli config set maxmemory-policy noeviction/,
  );
});

/** All that is in the files below a directory. */
const textsIn = (dir: string): readonly string[] =>
  readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? textsIn(path) : [readFileSync(path, "latin1")];
  });

test("a password is in no event and in no file of a study, and opens the queue", async () => {
  const { port } = await opened(["--requirepass", "hunter2"]);
  const url = `redis://:hunter2@127.0.0.1:${port}`;
  const out = join(scratch(), "study");
  const following = planned(url, out, ["--grid", "bits=8/8/8", "--seeds", "1", ...quick()]);
  const working = worker(url);
  assert.equal(await following.ended, { code: 0, err: "" });
  const { out: status } = await answerTo(["sweep", "status", "--out", out, "--queue", url]);
  await dismissed(working);
  const { queue } = await working.hears("working");
  assert.is(queue, `redis://...@127.0.0.1:${port}`);
  const said = [JSON.stringify([...following.told, ...working.told]), status, ...textsIn(out)];
  assert.not(said.some((text) => text.includes("hunter2")));
});

suiteOf.run();
