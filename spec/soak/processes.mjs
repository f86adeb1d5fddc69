/**
 * @file Pairs of processes that want one directory at the same moment: new runs without and with --out, two that resume, two studies
 * over the lock of a dead one; every third pair from two PID namespaces, where that is allowed.
 *
 *     npm run build && node spec/soak/processes.mjs [pairs] [seed]
 *
 * Each process has to end with 0, or with 2 and a sentence; whatever is left has to be whole and verified, and every directory has to
 * belong to one of them. The exit code is 0 if all of this holds.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomOf } from "./mutants.mjs";

const main = fileURLToPath(new URL("../../dist/pipelines/cli/main.js", import.meta.url));
const small = ["--engine", "simd", "--limit", "160", "--test-limit", "40", "--batch", "16", "--epochs", "2"];
const longest = 90_000;

const unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
const hasNamespaces = spawnSync(unshare[0], [...unshare.slice(1), "true"]).status === 0;

/** Runs `rangeflow`, in a PID namespace of its own if asked to. */
const run = (args, { cwd, contained = false }) =>
  new Promise((resolve) => {
    const [command, ...rest] = [...(contained ? unshare : []), process.execPath, main, ...args];
    const child = spawn(command, rest, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const told = { out: "", err: "", hangs: false };
    const timer = setTimeout(() => {
      told.hangs = true;
      child.kill("SIGKILL");
    }, longest);
    child.stdout.on("data", (text) => {
      told.out += text;
    });
    child.stderr.on("data", (text) => {
      told.err += text;
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ ...told, code });
    });
  });

const verified = async (dir) => {
  const { code, out, err } = await run(["replay", dir, "--verify"], {});
  const isWhole = code === 0 && /^verified: 300 ranges at 15 sites replay to the bit\n$/.test(out);
  return isWhole ? [] : [`${dir} is not whole: ${out}${err}`];
};

const endings = (ended) =>
  ended.flatMap(({ code, out, err, hangs }) => {
    if (hangs) return [`hangs: ${out}${err}`];
    const isSentence = /^[^\n]+: [^\n]+, expected [^\n]+\.\n$/.test(err);
    return code === 0 || (code === 2 && isSentence) ? [] : [`ended with ${code}: ${out}${err}`];
  });

const winners = (ended) => (ended.some(({ code }) => code === 0) ? [] : ["neither got through"]);

const home = mkdtempSync(join(tmpdir(), "rangeflow-pairs-"));
const stopped = join(home, "stopped");
{
  const { train } = await import("../../dist/pipelines/runs/train.js");
  const { builtIn } = await import("../../dist/pipelines/experiments/source.js");
  const { lastValueFrom } = await import("rxjs");
  let done = 0;
  const tap = ({ _tag }) => {
    if (_tag === "Activation") done++;
  };
  const settings = { engine: "simd", limit: 160, testLimit: 40, batch: 16, epochs: 2 };
  await lastValueFrom(train(builtIn(settings), { out: stopped, tap, stopped: () => done >= 6 }));
}

const ended = spawnSync("true").pid;
const { newHolder } = await import("../../dist/pipelines/files/holder.js");

/** What each kind of pair runs in an empty directory, and what must hold afterwards; a list of what does not. */
const kinds = {
  "new, no --out": {
    args: () => ["train", ...small],
    check: async (dir) => {
      const runs = readdirSync(join(dir, "runs"));
      const faults = await Promise.all(runs.map((name) => verified(join(dir, "runs", name))));
      return [...faults.flat(), ...(runs.length === 2 ? [] : [`${runs.length} directories`])];
    },
  },
  "new, one --out": {
    args: () => ["train", ...small, "--out", "run"],
    check: (dir) => verified(join(dir, "run")),
  },
  "resume, one --out": {
    prepare: (dir) => cpSync(stopped, join(dir, "run"), { recursive: true }),
    args: () => ["train", "--resume", "--out", "run"],
    check: (dir) => verified(join(dir, "run")),
  },
  "compare, stale lock": {
    prepare: (dir) => {
      mkdirSync(join(dir, "study"));
      writeFileSync(join(dir, "study", "lock.json"), JSON.stringify({ ...newHolder(), pid: ended }));
    },
    args: () => [
      "compare",
      ...small,
      "--grid",
      "bits=8/8/8,4/4/4",
      "--seeds",
      "1",
      "--jobs",
      "2",
      "--out",
      "study",
    ],
    check: async (dir) => {
      const study = join(dir, "study");
      const runs = readdirSync(study).filter((name) => existsSync(join(study, name, "done.json")));
      const lines = readFileSync(join(study, "runs.csv"), "utf8").trim().split("\n").length;
      const faults = await Promise.all(runs.map((name) => verified(join(study, name))));
      return [
        ...faults.flat(),
        ...(runs.length === 2 && lines === 3 ? [] : [`${runs.length} runs, ${lines} lines`]),
      ];
    },
  },
};

const pairs = Number(process.argv[2] ?? 100);
const random = randomOf(Number(process.argv[3] ?? 1));
const counts = {};
let bad = 0;
for (let i = 0; i < pairs; i++) {
  const names = Object.keys(kinds);
  const name = names[i % names.length];
  const { prepare, args, check } = kinds[name];
  const dir = join(home, `pair-${i}`);
  mkdirSync(dir);
  prepare?.(dir);
  const contained = hasNamespaces && i % 3 === 2;
  const delay = Math.floor(300 * random());
  const both = await Promise.all(
    [0, delay].map(async (wait) => {
      await new Promise((resolve) => setTimeout(resolve, wait));
      return run(args(), { cwd: dir, contained });
    }),
  );
  const left = readdirSync(dir, { recursive: true }).filter((path) => /lock\.json|partial/.test(path));
  const faults = [
    ...endings(both),
    ...winners(both),
    ...(await check(dir)),
    ...left.map((path) => `left: ${path}`),
  ];
  const how = `${name}${contained ? ", two namespaces" : ""}`;
  const codes = both
    .map(({ code }) => code)
    .sort()
    .join("/");
  counts[how] ??= {};
  counts[how][codes] = (counts[how][codes] ?? 0) + 1;
  if (faults.length > 0) {
    bad++;
    console.log(`pair ${i} (${how}, ${delay} ms): ${faults.join("; ")}`);
  }
  rmSync(dir, { recursive: true });
}
rmSync(home, { recursive: true });
console.table(counts);
console.log(`${pairs} pairs, ${bad} bad`);
process.exitCode = bad > 0 ? 1 : 0;
