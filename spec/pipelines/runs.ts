/** @file What the specs of runs share: small runs of LeNet-5 on glyphs, their events, and the command line as a child process. */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { lastValueFrom, toArray } from "rxjs";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { rangeflow as runCommand } from "../../pipelines/cli/rangeflow.ts";
import type { Dataset } from "../../pipelines/data/dataset.ts";
import { builtInExperiment } from "../../pipelines/experiments/builtInExperiment.ts";
import type { Experiment } from "../../pipelines/experiments/experiment.ts";
import { builtIn } from "../../pipelines/experiments/source.ts";
import { watchedCall } from "../../pipelines/foreign/watchdog.ts";
import { builtInRecipe } from "../../pipelines/recipes/recipeNamed.ts";
import { settingsInForce } from "../../pipelines/recipes/settingsInForce.ts";
import type { DoneEvent, TrainEvent } from "../../pipelines/runs/events.ts";
import { saidResources } from "../../pipelines/runs/resources.ts";
import { recordingOf } from "../../pipelines/runs/runRecording.ts";
import { type RunOptions, train } from "../../pipelines/runs/train.ts";
import { estimatorNamed } from "../../pipelines/settings/estimatorNamed.ts";
import { flatRules } from "../../pipelines/settings/flatRules.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import type { PlanRole } from "../../quantizers/rules/rule.ts";
import { quantization } from "./quantization.ts";

/** Two epochs of 10 steps and one test batch, on one thread, since how many help is measured, which takes time and may come out otherwise. */
export const small: Partial<Settings> = {
  ...{ engine: "simd", threads: 1 },
  ...{ limit: 160, testLimit: 40, batch: 16, epochs: 2 },
};

/** The same for the command line. */
export const smallArgs: readonly string[] = [
  ...["--engine", "simd", "--threads", "1"],
  ...["--limit", "160", "--test-limit", "40", "--batch", "16", "--epochs", "2"],
];

/** Names of the directories in the directory of a study. */
export const runNamesIn = (dir: string): readonly string[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** Part of a study's directory names that says the numerics. */
export const version = numerics === 1 ? "" : `,numerics=${numerics}`;

/** Estimators as values, by the role of the tensors that they are for. */
export type Estimators = Partial<Readonly<Record<PlanRole, NamedEstimator>>>;

/** The experiment in code that settings stand for, with rules for estimators as values behind those of the settings. */
export const withEstimators = async (
  settings: Partial<Settings>,
  estimators: Estimators,
): Promise<Experiment> => {
  const all = await settingsInForce(settings);
  const rules = await flatRules(all, { recipe: builtInRecipe(all.recipe).quantization });
  const ranges = Object.entries(estimators).map(([role, range]) => [role, { range }]);
  return builtInExperiment(all, [...rules, Object.fromEntries(ranges)]);
};

/** Options of a run; with estimators as values it is one of an experiment in code. */
export type SmallRunOptions = RunOptions & { readonly estimators?: Estimators };

export const eventsOf = async (
  settings: Partial<Settings>,
  { estimators, ...options }: SmallRunOptions = {},
): Promise<TrainEvent[]> => {
  const run$ = estimators
    ? train(await withEstimators(settings, estimators), { ...saidResources(settings), ...options })
    : train(builtIn(settings), options);
  return lastValueFrom(run$.pipe(toArray()));
};

/** Parts that a network is built from for some settings, all but its engine; of one training step. */
export const partsOf = async (settings: Settings, layers?: () => readonly string[]) => {
  const experiment = builtInExperiment(settings, []);
  const read = await (experiment.data as () => Promise<Dataset>)();
  const length = { steps: 1, perEpoch: 1 };
  return {
    experiment,
    data: read,
    length,
    patience: 10,
    watch: watchedCall,
    ...(await quantization(settings, {
      recipe: builtInRecipe(settings.recipe).quantization,
      ...(layers && { layers }),
    })),
  };
};

/** The last event of a run that went to its end. */
export const doneIn = (events: readonly TrainEvent[]): DoneEvent => {
  const last = events.at(-1);
  if (last?.event !== "done") throw new Error(`the run ended with ${last?.event}`);
  return last;
};

export const doneOf = async (
  settings: Partial<Settings>,
  options: SmallRunOptions = {},
): Promise<DoneEvent> => doneIn(await eventsOf(settings, options));

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
  /** Sends a signal once the process has printed its first line, and the recording of its run in `dir` has grown by so many chunks. */
  readonly kill?: { readonly signal: "SIGKILL" | "SIGINT"; readonly dir: string; readonly chunks: number };
}

/** Lines of a file; none where it is gone, as one that its process is about to replace. */
const linesIn = (file: string): number =>
  E.getOrElse(() => 0)(E.tryCatch(() => readFileSync(file, "latin1").split("\n").length - 1, String));

/** Chunks of a run's recording: one at the start of each process, one more at each checkpoint. */
const chunksIn = (dir: string): number => {
  const ranges = join(dir, "ranges");
  if (!existsSync(ranges)) return 0;
  const sums = readdirSync(ranges).filter((file) => file.endsWith(".sums"));
  return sums.reduce((chunks, file) => chunks + linesIn(join(ranges, file)), 0);
};

const main = fileURLToPath(new URL("../../pipelines/cli/main.js", import.meta.url));

/** Runs `rangeflow` as a child process. */
export const rangeflow = (args: readonly string[], { cwd, kill }: LineOptions = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    const chunks = kill === undefined ? 0 : kill.chunks + chunksIn(kill.dir);
    const looking =
      kill &&
      setInterval(() => {
        if (out === "" || chunksIn(kill.dir) < chunks) return;
        clearInterval(looking);
        child.kill(kill.signal);
      }, 2);
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearInterval(looking);
      resolve({ code, signal, out, err });
    });
  });

/** Runs a command of `rangeflow` in this process, which spares the start of another: for what does not hang on a process of its own. */
export const answerTo = async (args: readonly string[]): Promise<Omit<Ended, "signal">> => {
  let [out, err] = ["", ""];
  const code = await runCommand(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    draw: () => {},
  });
  return { code, out, err };
};

/** The processes that hold the directories of a study's runs; a lock that is just being written or removed counts as none. */
export const workersIn = (study: string): readonly number[] =>
  readdirSync(study).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(study, name, "lock.json"), "utf8")).pid as number];
    } catch {
      return [];
    }
  });

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Rows that a run has recorded. */
export const rowsIn = (dir: string): readonly RangeSeen[] => [...recordingOf(dir).rows()];

/** Two runs have recorded the same. */
export const sameRows = (actual: string, expected: string): void => {
  const [a, b] = [rowsIn(actual), rowsIn(expected)];
  assert.is(a.length, b.length);
  for (const [i, row] of b.entries()) assert.is(JSON.stringify(a[i]), JSON.stringify(row));
};

/** A run in `dir` that was stopped after `n` batches. */
export const stoppedAfter = async (n: number, dir: string, settings = small): Promise<void> => {
  const events = await eventsOf(settings, { out: dir, ...stopsAfter(n) });
  assert.is(events.at(-1)?.event, "stopped");
};

/** The estimator of a name. */
export const named = async (text: string): Promise<NamedEstimator> => {
  const found = await estimatorNamed("--estimator", text);
  if (E.isLeft(found)) throw new RangeflowFailure(...found.left);
  return found.right;
};
