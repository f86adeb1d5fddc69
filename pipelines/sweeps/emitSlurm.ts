/** @file Plans a study for a cluster without a queue of its own: each run becomes a task of a Slurm job array. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeOutput } from "../files/outputFiles.ts";
import { ownDirectory } from "../files/ownDirectory.ts";
import { readText } from "../files/regularFile.ts";
import type { PlanOptions } from "../studies/plan.ts";
import type { Experiments } from "../studies/rivals.ts";
import { placed, planIn } from "./placed.ts";
import { cpusIn, slurmScript, taskRanges } from "./slurmScript.ts";
import { numbered } from "./taskList.ts";

/** Options of `emitSlurm`: those of `compare`, without `onlyFinished`. */
export interface EmitOptions extends Omit<PlanOptions, "onlyFinished" | "jobs"> {
  /** Largest number of tasks that run at the same time. Default: `auto`, as many as the cluster allows. */
  readonly jobs?: number | "auto";
}

/** Result of `emitSlurm`. */
export interface EmittedEvent {
  readonly event: "emitted";
  /** Directory of the study. */
  readonly out: string;
  /** Number of cells. */
  readonly cells: number;
  /** Number of runs. */
  readonly runs: number;
  /** Number of runs that had finished before. */
  readonly finished: number;
  /** Numbers of the remaining tasks, such as `0-11`; empty if all runs have finished. */
  readonly tasks: string;
  /** Path of the script; absent if all runs have finished. */
  readonly script?: string;
  /**
   * Threads per task, where the kept head of an existing script asks for another number than was planned, or for none (`null`). Runs are
   * trained with those of the script.
   */
  readonly cpus?: { readonly planned: number; readonly kept: number | null };
}

/** The command that a task calls. */
const program = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/**
 * Plans a study as `compare` does, writes its runs into its directory, and with them `sweep.sbatch`, which trains each run in a task of a
 * job array: `sbatch OUT/sweep.sbatch`. All nodes must be able to access the directory.
 *
 * A run keeps its task number when more runs are planned later. Lines above the mark in an existing script are kept, except for the task
 * numbers.
 *
 * @param experiments experiments by the names that tables show
 * @param options cells, seeds and directory, as in `compare`
 * @returns rejects with `RangeflowFailure` for any user error
 * @example not run: it writes into the working directory
 * import { builtIn, combinations } from "rangeflow";
 * import { emitSlurm } from "rangeflow/pipelines";
 *
 * const { script } = await emitSlurm(
 *   { glyphs: builtIn({ data: "glyphs", epochs: 2 }) },
 *   { cells: combinations({ bits: ["8/8/8", "4/4/4"] }), seeds: [1, 2, 3], out: "runs/bits" },
 * );
 * console.log(`sbatch ${script}`);
 */
export const emitSlurm = async (experiments: Experiments, options: EmitOptions): Promise<EmittedEvent> => {
  const { jobs = "auto", out } = options;
  const { store, plan } = await planIn(experiments, options);
  const { release } = await ownDirectory(store.dir);
  try {
    const { left } = await placed(store, plan, options, "--emit");
    const tasks = await numbered(store.documents, left);
    const { length: runs } = plan.runs;
    const event: EmittedEvent = {
      ...{ event: "emitted", out, cells: plan.cells.length, runs, finished: runs - left.length },
      tasks: taskRanges(tasks),
    };
    if (tasks.length === 0) return event;
    // A bucket contains no script that a shell could read.
    const script = join(store.place === store.dir ? out : ".", "sweep.sbatch");
    const before = existsSync(script) ? readText(script, "a script") : undefined;
    const array = {
      ...{ name: basename(store.dir), tasks, store: store.place, program },
      ...(jobs !== "auto" && { most: jobs }),
      cpus: Math.max(...left.map(({ threads }) => (threads === "auto" ? 1 : threads))),
      trust: left.some(({ identity }) => identity.files.length > 0),
    };
    const text = slurmScript(array, script, before);
    writeOutput(script, [new TextEncoder().encode(text)]);
    const cpus = cpusIn(text);
    return {
      ...event,
      script,
      ...(cpus !== array.cpus && { cpus: { planned: array.cpus, kept: cpus ?? null } }),
    };
  } finally {
    release();
  }
};
