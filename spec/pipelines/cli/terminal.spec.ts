/** @file Standard output that takes nothing any more: a pipe whose reader has gone, and a device that is full. */
import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { doneOf, small, smallArgs } from "../runs.ts";

const test = suite("standard output");
const home = scratch();
const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

/** Runs a command whose standard output is a pipe that is closed after its first bytes, or a file. */
const runInto = (out: "closed pipe" | number, args: readonly string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const stdout = out === "closed pipe" ? "pipe" : out;
    const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", stdout, "pipe"] });
    let err = "";
    child.stdout?.once("data", () => child.stdout?.destroy());
    child.stderr?.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, err }));
  });

test("training goes on to the same end when its reader has gone, and says so", async () => {
  const out = join(home, "unread");
  const { code, err } = await runInto("closed pipe", ["train", ...smallArgs, "--out", out]);
  assert.is(code, 0, err);
  assert.is(err, "rangeflow: standard output was closed; training continues without it.\n");
  const { weightsSha256 } = await doneOf(small);
  assert.match(readFileSync(join(out, "done.json"), "utf8"), weightsSha256);
});

test("a command that only prints ends with its reader, and without a word", async () => {
  assert.equal(await runInto("closed pipe", ["train", "--help"]), { code: 0, err: "" });
});

if (existsSync("/dev/full"))
  test("a device that is full is a sentence and exit code 2, after which a run can be resumed", async () => {
    const full = openSync("/dev/full", "w");
    const out = join(home, "full");
    const sentence =
      "standard output: it cannot be written (no space left on the disk), expected a terminal, a pipe or a file with space.\n";
    for (const args of [["estimators"], ["--help"], ["train", ...smallArgs, "--out", out]])
      assert.equal(await runInto(full, args), { code: 2, err: sentence }, args.join(" "));
    const resumed = await runInto(openSync(join(home, "log"), "w"), ["train", "--resume", "--out", out]);
    assert.is(resumed.code, 0, resumed.err);
  });

test.run();
