/** @file A study for a cluster without a queue of its own: its runs as tasks of a job array of Slurm. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeOutput } from "../files/outputFiles.ts";
import { ownDirectory } from "../files/ownDirectory.ts";
import { readText } from "../files/regularFile.ts";
import type { PlanOptions } from "../studies/plan.ts";
import type { Experiments } from "../studies/rivals.ts";
import { placed, planIn } from "./placed.ts";
import { slurmScript, taskRanges } from "./slurmScript.ts";
import { numbered } from "./taskList.ts";

export interface EmitOptions extends Omit<PlanOptions, "onlyFinished" | "jobs"> {
  /** Tasks that may run at the same time; `auto`: as many as the cluster allows. */
  readonly jobs?: number | "auto";
}

/** A study that was planned for Slurm. */
export interface EmittedEvent {
  readonly event: "emitted";
  readonly out: string;
  readonly cells: number;
  readonly runs: number;
  /** How many of the runs have ended before. */
  readonly finished: number;
  /** Numbers of the tasks that are left, such as `0-11`; empty where all runs have ended. */
  readonly tasks: string;
  /** Path of the script; absent where all runs have ended. */
  readonly script?: string;
}

/** The command, which a task calls. */
const program = fileURLToPath(new URL("../cli/main.js", import.meta.url));

/**
 * Plans a study as `compare` does, writes its runs into its directory, and beside them `sweep.sbatch`, which trains each of them in a task of a
 * job array: `sbatch OUT/sweep.sbatch`. The directory has to be one that all nodes see.
 *
 * A run keeps the number of its task when more are planned. Lines above the mark in a script that is there stay, but for the numbers of its
 * tasks.
 *
 * @returns rejects with `RangeflowFailure` for everything that a person can mend
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
    // Buckets hold no scripts that a shell could read.
    const script = join(store.place === store.dir ? out : ".", "sweep.sbatch");
    const before = existsSync(script) ? readText(script, "a script") : undefined;
    const array = {
      ...{ name: basename(store.dir), tasks, store: store.place, program },
      ...(jobs !== "auto" && { most: jobs }),
      cpus: Math.max(...left.map(({ threads }) => (threads === "auto" ? 1 : threads))),
      trust: left.some(({ identity }) => identity.files.length > 0),
    };
    writeOutput(script, [new TextEncoder().encode(slurmScript(array, script, before))]);
    return { ...event, script };
  } finally {
    release();
  }
};
