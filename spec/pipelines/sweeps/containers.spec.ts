/** @file The commands of `examples/sweep/compose.yaml`, as processes of this machine: a Redis, two workers, a study. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { hasRedis, redisServer } from "./redisServer.ts";

const test = suite("containers of a sweep");
const main = "dist/pipelines/cli/main.js";
const compose = readFileSync("examples/sweep/compose.yaml", "utf8");

/** The command of a service. */
const commandOf = (service: string): readonly string[] => {
  const found = new RegExp(`^  ${service}:\\n(?: {4}.*\\n)*? {4}command: (\\[.*\\])$`, "m").exec(compose);
  return JSON.parse(found?.[1] ?? "[]");
};

test("the image has the packages of a queue, and its workers are stopped as by Ctrl-C", () => {
  const docker = readFileSync("examples/sweep/Dockerfile", "utf8");
  for (const line of [/^RUN npm install .* bullmq ioredis /m, /^STOPSIGNAL SIGINT$/m, /^USER node$/m])
    assert.match(docker, line);
});

(hasRedis ? test : test.skip)("its services train a study together, and end as they should", async () => {
  const [server, ...redisArgs] = commandOf("redis");
  assert.is(server, "redis-server");
  const redis = await redisServer(redisArgs);
  const study = join(scratch(), "study");
  mkdirSync(study);
  const here = (args: readonly string[]): readonly string[] =>
    args.map((arg) => arg.replace("redis://redis", redis.url).replace(/^\/study/, study));
  const workers = Array.from({ length: Number(/replicas: (\d+)/.exec(compose)?.[1]) }, () => {
    const worker = spawn(process.execPath, [main, ...here(commandOf("worker"))], { stdio: "pipe" });
    let out = "";
    worker.stdout.on("data", (text) => {
      out += text;
    });
    const ended = new Promise<number | null>((resolve) => worker.on("close", resolve));
    return { worker, ended, out: () => out };
  });
  assert.is(workers.length, 2);
  // The last of an option counts: short runs of the same study.
  const compared = [...here(commandOf("compare")), "--limit", "64", "--test-limit", "16", "--epochs", "1"];
  const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...compared], { encoding: "utf8" });
  for (const { worker } of workers) worker.kill("SIGINT");
  const codes = await Promise.all(workers.map(({ ended }) => ended));
  await redis.close();
  assert.is(status, 0, `${stdout}${stderr}`);
  assert.equal(codes, [130, 130]);
  assert.match(stdout, /^6 runs \(cells: 2, seeds: 3\) in .*, by the workers of redis:/);
  assert.is(readFileSync(join(study, "bits/runs.csv"), "utf8").match(/,done,/g)?.length, 6);
  const done = workers.map(({ out }) => out().match(/: done$/gm)?.length ?? 0);
  assert.is(
    done.reduce((sum, one) => sum + one, 0),
    6,
  );
});

test.run();
