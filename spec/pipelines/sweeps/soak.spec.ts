/** @file The short form of `spec/soak/sweep.mjs`. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freePort, hasRedis } from "./redisServer.ts";

const test = suite("a study on a queue while everything around it dies");

(hasRedis ? test : test.skip)(
  "60 runs, 10 kills, a restart of Redis: nothing lost, nothing twice, runs.csv as of a local compare",
  async () => {
    const asked = ["--runs", "60", "--workers", "3", "--kills", "10", "--restarts", "1"];
    const port = String(await freePort());
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["spec/soak/sweep.mjs", ...asked, "--minutes", "5", "--port", port],
      { encoding: "utf8" },
    );
    const [queued, result] = stdout
      .trim()
      .split("\n")
      .slice(-2)
      .map((line) => JSON.parse(line));
    const { killed, restarted } = queued;
    assert.equal({ killed, restarted }, { killed: 10, restarted: 1 }, stderr);
    const { lost, committedTwice, csvEqual, attemptsLeft } = result;
    assert.equal(
      { lost, committedTwice, csvEqual, attemptsLeft },
      { lost: 0, committedTwice: 0, csvEqual: true, attemptsLeft: 0 },
    );
  },
);

test.run();
