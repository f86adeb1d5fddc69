/**
 * @file A long run that is killed again and again ends with the bits of one that was not. Not part of `npm test`; some minutes.
 *
 *     npm run build && node spec/soak/killResume.mjs DIR [limit] [kills] [seed]
 *
 * DIR has the files of CIFAR-10 (binary version). ResNet-20 trains on `limit` images without a break, then again with `kills`
 * SIGKILLs at random moments, resumed each time; prints both hashes, and proves that the patched recording replays.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [dataDir, limit = "2560", kills = "10", seed = "1"] = process.argv.slice(2);
if (dataDir === undefined) throw new Error("usage: node spec/soak/killResume.mjs DIR [limit] [kills] [seed]");
const main = fileURLToPath(new URL("../../dist/pipelines/cli/main.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "rangeflow-soak-"));

const settings = [
  ...["--model", "resnet20", "--data", "cifar10", "--data-dir", dataDir, "--limit", limit],
  ...["--test-limit", "320", "--epochs", "2", "--batch", "32", "--checkpoint-seconds", "1"],
];

/** Runs the command line; with `after`, kills it so many milliseconds later. Gives the `done` event, if it came. */
const run = (args, after) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [main, "train", ...args, "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let out = "";
    child.stdout.on("data", (text) => {
      out += text;
    });
    const timer = after === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), after);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const events = out
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      resolve({ code, signal, done: events.find(({ event }) => event === "done") });
    });
  });

/** Numbers in [0, 1) from a seed: mulberry32. */
const random = ((state) => () => {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
})(Number(seed));

try {
  const began = performance.now();
  const whole = await run([...settings, "--out", join(scratch, "whole")]);
  const milliseconds = performance.now() - began;
  console.log(`without a break: ${whole.done.weightsSha256} in ${(milliseconds / 1000).toFixed(1)} s`);

  const dir = join(scratch, "killed");
  let killed = 0;
  let last = { done: undefined };
  for (let start = 0; last.done === undefined; start++) {
    const after = killed < Number(kills) ? 500 + (random() * milliseconds) / 7 : undefined;
    const hasBegun =
      start > 0 &&
      readdirSync(scratch).includes("killed") &&
      readdirSync(dir).includes("checkpoint.safetensors");
    last = await run(hasBegun ? ["--resume", "--out", dir] : [...settings, "--out", dir], after);
    if (last.signal === "SIGKILL") {
      killed++;
      console.log(`kill ${killed} after ${(after / 1000).toFixed(2)} s`);
    } else if (last.code !== 0) throw new Error(`the run ended with exit code ${last.code}`);
  }
  console.log(`killed ${killed} times:  ${last.done.weightsSha256}`);
  for (const name of ["whole", "killed"])
    console.log(
      `checkpoint of the ${name} run: ${statSync(join(scratch, name, "checkpoint.safetensors")).size} bytes`,
    );
  const proof = spawnSync(process.execPath, [main, "replay", dir, "--verify"], { encoding: "utf8" });
  console.log((proof.stdout || proof.stderr).trim());
  const isSame = whole.done.weightsSha256 === last.done.weightsSha256;
  console.log(isSame ? "equal to the bit" : "DIFFERENT");
  process.exitCode = isSame && killed === Number(kills) && proof.status === 0 ? 0 : 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
