/** @file A study on a queue whose runs end in a store of objects. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { csvRecords } from "../../../pipelines/files/csv.ts";
import { localDirectory } from "../../../pipelines/stores/localDirectory.ts";
import { mirrorOf } from "../../../pipelines/stores/mirror.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, rangeflow, smallArgs } from "../runs.ts";
import { smallS3 } from "../stores/smallS3.ts";
import { hasRedis, redisServer } from "./redisServer.ts";

const test = suite("a study whose runs end in a store of objects");
const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));
const place = "s3://bucket/study";
const grid = [...smallArgs, "--grid", "bits=8/8/8,4/4/4", "--seeds", "1"];

/** The table of a study without times. */
const tableOf = (path: string): readonly (readonly string[])[] => {
  const [head = [], ...rows] = csvRecords(path, readFileSync(path, "utf8"));
  const times = ["seconds", "imagesPerSecond"].map((name) => head.indexOf(name));
  return rows.map((row) => row.filter((_, i) => !times.includes(i)));
};

(hasRedis ? test : test.skip)(
  "runs.csv is that of a local compare, and nothing stays on the machine of the worker",
  async () => {
    const [redis, service] = [await redisServer(), await smallS3()];
    const [ours, theirs] = [scratch(), scratch()];
    process.env.RANGEFLOW_CACHE = ours;
    const worker = spawn(process.execPath, [main, "work", "--queue", redis.url, "--jobs", "1"], {
      stdio: "ignore",
      env: { ...process.env, RANGEFLOW_CACHE: theirs },
    });
    try {
      const { code, out, err } = await rangeflow(["compare", ...grid, "--queue", redis.url, "--out", place]);
      assert.is(code, 0, err);
      const mirror = mirrorOf(place, service.endpoint);
      assert.ok(out.includes(join(mirror, "runs.csv")), out.slice(-300));
      const ended = once(worker, "close");
      worker.kill("SIGINT");
      await ended;
      const local = join(scratch(), "local");
      assert.is((await answerTo(["compare", ...grid, "--jobs", "1", "--out", local])).code, 0);
      assert.equal(tableOf(join(mirror, "runs.csv")), tableOf(join(local, "runs.csv")));
      const left = readdirSync(mirrorOf(place, service.endpoint, { RANGEFLOW_CACHE: theirs }));
      assert.equal(left, []);
      // Whoever fetches the study elsewhere reads what was planned.
      process.env.RANGEFLOW_CACHE = theirs;
      const plan = readFileSync(join(local, "study.json"), "utf8");
      assert.is(readFileSync(join(await localDirectory(place, "record"), "study.json"), "utf8"), plan);
    } finally {
      worker.kill("SIGKILL");
      service.stop();
      await redis.close();
    }
  },
);

test.run();
