/** @file Little address space, as `ulimit -v` leaves it on shared machines: a runtime reserves about 10 GB for a WebAssembly memory. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";

const test = suite("little address space");
const home = scratch();
const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));

/** One thread, since the runtime reserves half a gigabyte for each, and ends the process where it finds none. */
const args = [
  ...["train", "--limit", "16", "--test-limit", "4", "--batch", "16", "--epochs", "1"],
  ...["--threads", "1"],
];

/** Trains below a limit in GB, with further options of Node. */
const trainedBelow = (gigabytes: number, engine: string, nodeOptions = "") => {
  const out = join(home, `${gigabytes}-${engine}-${nodeOptions}`);
  const line = [process.execPath, main, ...args, "--engine", engine, "--out", out];
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["-c", `ulimit -v ${gigabytes * 2 ** 20} && exec "$@"`, "bash", ...line],
    { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: nodeOptions } },
  );
  return { status, stderr, hash: /sha256 (\w+)/.exec(stdout)?.[1] };
};

if (process.platform === "linux") {
  test("what is too little for WebAssembly is a sentence that names the engine which does without", () => {
    const { status, stderr } = trainedBelow(8, "simd");
    // Node 24 takes a memory without guards where there is no room for them.
    if (status === 0 && Number(process.versions.node.split(".")[0]) >= 24) return;
    assert.is(status, 2, stderr);
    assert.match(
      stderr,
      /^simd engine: no address space for WebAssembly .*expected .*; .*--engine reference.*\.\n$/,
    );
  });

  test("the engine that it names trains there, and so does simd without guards, in a smaller memory: with the same bits", () => {
    const { status, stderr, hash } = trainedBelow(4, "reference");
    assert.is(status, 0, stderr);
    assert.match(String(hash), /^\w{64}$/);
    const flag = "--disable-wasm-trap-handler";
    if (!process.allowedNodeEnvironmentFlags.has(flag)) return;
    const unguarded = trainedBelow(4, "simd", flag);
    assert.is(unguarded.hash, hash, `exit code ${unguarded.status}: ${unguarded.stderr}`);
  });

  test("what is enough for one memory and not for two trains", () => {
    const { status, stderr } = trainedBelow(14, "simd");
    assert.is(status, 0, stderr);
  });
} else test.skip("address space is limited on Linux", () => {});

test.run();
