/** @file What the specs of runs share: small runs of LeNet-5 on glyphs, their events, and the command line as a child process. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lastValueFrom, toArray } from "rxjs";
import type { DoneEvent, TrainEvent } from "../../pipelines/events.ts";
import type { Settings } from "../../pipelines/settings.ts";
import { type RunOptions, train } from "../../pipelines/train.ts";

/** Two epochs of 10 steps and one test batch. */
export const small: Partial<Settings> = { engine: "simd", limit: 160, testLimit: 40, batch: 16, epochs: 2 };

/** The same for the command line. */
export const smallArgs: readonly string[] = [
  ...["--engine", "simd", "--limit", "160", "--test-limit", "40", "--batch", "16", "--epochs", "2"],
];

export const eventsOf = (settings: Partial<Settings>, options: RunOptions = {}): Promise<TrainEvent[]> =>
  lastValueFrom(train(settings, options).pipe(toArray()));

/** The last event of a run that went to its end. */
export const doneIn = (events: readonly TrainEvent[]): DoneEvent => {
  const last = events.at(-1);
  if (last?.event !== "done") throw new Error(`the run ended with ${last?.event}`);
  return last;
};

export const doneOf = async (settings: Partial<Settings>, options: RunOptions = {}): Promise<DoneEvent> =>
  doneIn(await eventsOf(settings, options));

/** Stops a run once this process has done `n` batches. */
export const stopsAfter = (n: number): Pick<RunOptions, "stopped" | "tap"> => {
  let done = 0;
  return {
    tap: ({ _tag }) => {
      if (_tag === "Activation") done++;
    },
    stopped: () => done >= n,
  };
};

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface LineOptions {
  readonly cwd?: string;
  /** Sends a signal so many milliseconds after the process has printed its first line. */
  readonly kill?: { readonly signal: "SIGKILL" | "SIGINT"; readonly after: number };
}

const main = fileURLToPath(new URL("../../pipelines/cli/main.js", import.meta.url));

/** Runs `rangeflow` as a child process. */
export const rangeflow = (args: readonly string[], { cwd, kill }: LineOptions = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.once("data", () => {
      if (kill) setTimeout(() => child.kill(kill.signal), kill.after);
    });
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, out, err }));
  });
