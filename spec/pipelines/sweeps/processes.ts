/** @file What the specs of sweeps share: small studies, and commands of `rangeflow` as processes that are heard while they go on. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";

export const main = fileURLToPath(new URL("../../../pipelines/cli/main.js", import.meta.url));

/** Settings of runs that take no time worth mentioning; more epochs make them as long as a spec needs them. */
export const quick = (epochs = 1): readonly string[] => [
  ...["--limit", "64", "--test-limit", "16", "--batch", "16", "--engine", "simd", "--threads", "1"],
  ...["--epochs", String(epochs)],
];

/** A line that a command has told. */
export type Told = Readonly<Record<string, unknown>> & { readonly event: string };

export interface Running {
  readonly child: ChildProcess;
  readonly told: readonly Told[];
  /** The first line of a kind in which `like` holds, once it was told. */
  readonly hears: (event: string, like?: (told: Told) => boolean) => Promise<Told>;
  readonly ended: Promise<{ readonly code: number | null; readonly err: string }>;
}

/** Waits until something holds; fails with `what` after a minute. */
export const until = async (what: () => string, holds: () => boolean): Promise<void> => {
  for (const since = performance.now(); !holds(); await sleep(20))
    if (performance.now() - since > 60_000) throw new Error(`not within a minute: ${what()}`);
};

const all = new Set<ChildProcess>();

/** Processes that a process has started, and that are there. */
export const childrenOf = (pid: number | undefined): readonly number[] => {
  const path = `/proc/${pid}/task/${pid}/children`;
  return existsSync(path) ? readFileSync(path, "latin1").split(" ").filter(Boolean).map(Number) : [];
};

/** Ends what a spec has started and is still there. */
export const endAll = (): void => {
  for (const { pid } of all) for (const one of [...childrenOf(pid), pid]) signal(one, "SIGKILL");
};

/** Sends a signal to a process that may be gone. */
export const signal = (pid: number | undefined, name: NodeJS.Signals): void => {
  try {
    if (pid !== undefined) process.kill(pid, name);
  } catch {
    // It has ended.
  }
};

/** Starts a command that tells lines of JSON. */
export const started = (
  args: readonly string[],
  { cwd, imports = [] }: { readonly cwd?: string; readonly imports?: readonly string[] } = {},
): Running => {
  const loaders = imports.flatMap((url) => ["--import", url]);
  const child = spawn(process.execPath, [...loaders, main, ...args, "--json"], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  all.add(child);
  const told: Told[] = [];
  let [rest, err] = ["", ""];
  let isOver = false;
  child.stdout.on("data", (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    told.push(...lines.map((line) => JSON.parse(line) as Told));
  });
  child.stderr.on("data", (text) => {
    err += text;
  });
  const ended = new Promise<{ code: number | null; err: string }>((resolve) =>
    child.on("close", (code) => {
      all.delete(child);
      isOver = true;
      resolve({ code, err });
    }),
  );
  return {
    child,
    told,
    ended,
    hears: async (event, like = () => true) => {
      const found = (): Told | undefined => told.find((one) => one.event === event && like(one));
      await until(
        () => `the event ${event} of ${args.join(" ")}; told: ${JSON.stringify(told.slice(-9))} ${err}`,
        () => found() !== undefined || isOver,
      );
      assert.ok(found(), `${args.join(" ")} has not told ${event}. ${err}`);
      return found() as Told;
    },
  };
};

/** A worker with locks as short as can be. */
export const worker = (
  url: string,
  args: readonly string[] = [],
  options?: Parameters<typeof started>[1],
): Running => started(["work", "--queue", url, "--jobs", "1", "--lock", "2", ...args], options);

/** Ends a worker as Ctrl-C does. */
export const dismissed = async ({ child, ended }: Running): Promise<number | null> => {
  child.kill("SIGINT");
  return (await ended).code;
};

/** A study that is planned for a queue, and followed. */
export const planned = (
  url: string,
  out: string,
  args: readonly string[],
  options?: Parameters<typeof started>[1],
): Running => started(["compare", ...args, "--out", out, "--queue", url], options);

/** Directories of the runs of a study that are committed, with the hash of their weights. */
export const weightsIn = (out: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    readdirSync(out)
      .filter((name) => !name.startsWith(".") && existsSync(join(out, name, "done.json")))
      .map((name) => [name, doneRecordIn(join(out, name))?.done.weightsSha256]),
  );

/** Directories of attempts that were not committed. */
export const attemptsIn = (out: string): readonly string[] =>
  existsSync(out) ? readdirSync(out).filter((name) => name.startsWith(".attempt")) : [];
