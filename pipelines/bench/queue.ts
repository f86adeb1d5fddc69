/** @file Cost of a queue: a study through Redis and one worker, compared with the same study in as many local processes. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { internal } from "../../core/errors.ts";
import type { Group, Surroundings } from "./group.ts";
import type { Row } from "./row.ts";
import { median, spread } from "./statistics.ts";

const group = "queue";
const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/** Number of parallel processes. */
const jobs = "2";

interface Size {
  readonly runs: number;
  readonly rounds: number;
  readonly training: readonly string[];
}

/** Runs of about five seconds on the machine of docs/speed.md, and quick ones that only show that everything works. */
const full: Size = { runs: 12, rounds: 4, training: ["--limit", "2000", "--epochs", "9"] };
const quick: Size = { runs: 2, rounds: 1, training: ["--limit", "64", "--epochs", "1"] };

const started = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(internal(`bench: rangeflow has ended with ${code}`)),
    );
  });

/** Resolves when a process has printed something. */
const spoken = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => child.stdout?.once("data", () => resolve()));

/** A server and a worker. */
const crew = async (dir: string, port: number) => {
  const server = spawn("redis-server", ["--port", String(port), "--dir", dir, "--save", ""], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  await spoken(server);
  const url = `redis://127.0.0.1:${port}`;
  const worker = started(["work", "--queue", url, "--jobs", jobs]);
  await spoken(worker);
  return {
    url,
    dismiss: () => {
      worker.kill("SIGKILL");
      server.kill("SIGKILL");
    },
  };
};

const measured = async (
  dir: string,
  { runs, rounds, training }: Size,
  { now }: Surroundings,
): Promise<readonly Row[]> => {
  const port = 20_000 + (process.pid % 20_000);
  const { url, dismiss } = await crew(dir, port);
  const study = ["compare", ...training, "--engine", "simd", "--threads", "1", "--seeds", String(runs)];
  const timed = async (name: string, how: readonly string[]): Promise<number> => {
    const out = join(dir, name);
    const began = now();
    const child = started([...study, ...how, "--out", out]);
    child.stdout?.resume();
    await ended(child);
    rmSync(out, { recursive: true });
    return (now() - began) / 1000;
  };
  const local = (): Promise<number> => timed("local", ["--jobs", jobs]);
  const queued = (): Promise<number> => timed("queued", ["--queue", url]);
  try {
    const pairs: (readonly [local: number, queued: number])[] = [];
    for (let round = 0; round < rounds; round++)
      if (round % 2 === 0) pairs.push([await local(), await queued()]);
      else {
        const first = await queued();
        pairs.push([await local(), first]);
      }
    const each = median(pairs.map(([seconds]) => (seconds * Number(jobs)) / runs));
    const what = { group, case: `${runs} runs of ${each.toFixed(1)} s, ${jobs} at a time`, rounds };
    const ratios = pairs.map(([of, by]) => of / by);
    return [
      {
        ...{ ...what, subject: "through a queue", versus: "in local processes", unit: "runs/s" },
        ...{ value: runs / median(pairs.map(([, by]) => by)), ratio: median(ratios), spread: spread(ratios) },
      },
    ];
  } finally {
    dismiss();
  }
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    surroundings.note("no redis-server: the queue is not timed");
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), "rangeflow-bench-"));
  try {
    yield* await measured(dir, surroundings.quick ? quick : full, surroundings);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const queue: Group = {
  name: group,
  about: "studies through a queue against local processes",
  run,
};
