/** @file Script of a Slurm job array with one task for each run of a study. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { shellQuoted } from "../files/shellWord.ts";

/** A job array. */
export interface SlurmArray {
  /** Name of the job in `squeue`. */
  readonly name: string;
  /** Task numbers in ascending order. */
  readonly tasks: readonly number[];
  /** Largest number of tasks that run at the same time. Default: as many as the cluster allows. */
  readonly most?: number;
  /** Threads per run. */
  readonly cpus: number;
  /** Place of the study's store. */
  readonly store: string;
  /** Path of the command `rangeflow`, a file for Node. */
  readonly program: string;
  /** Whether the runs bring code of their own. */
  readonly trust: boolean;
}

/** Numbers in Slurm's notation: `0-3,7`. */
export const taskRanges = (tasks: readonly number[]): string => {
  const ranges: [number, number][] = [];
  for (const task of tasks) {
    const last = ranges.at(-1);
    if (last?.[1] === task - 1) last[1] = task;
    else ranges.push([task, task]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join();
};

const boundary = "# What follows is written anew by rangeflow compare --emit slurm; what stands above stays.";

const headOf = ({ name, cpus }: SlurmArray, array: string): string => `#!/bin/bash
# Runs of a study, one a task. Change what your cluster wants otherwise, and add lines such as module load, above the line that says so.
#SBATCH --job-name=${name.replace(/[^\w.-]/g, "_")}
${array}
#SBATCH --cpus-per-task=${cpus}
#SBATCH --time=04:00:00
##SBATCH --mem=4G
##SBATCH --partition=NAME
# A run that is out of time, or whose node is lost, goes on from its checkpoint in the same task, to the same bits.
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:INT@60

`;

/** Threads that the head of a script asks for each task; undefined where it leaves them to the cluster. */
export const cpusIn = (script: string): number | undefined => {
  const [, cpus] = /^#SBATCH --cpus-per-task=(\d+)\s*$/m.exec(script) ?? [];
  return cpus === undefined ? undefined : Number(cpus);
};

/** The user's version of a script's head, with the current tasks. */
const keptHead = (path: string, script: string, array: string): string => {
  const at = script.indexOf(boundary);
  if (at < 0)
    throw new RangeflowFailure(
      problem(path, "a file that rangeflow did not write", "no file, or a script of the study", "move it"),
    );
  return script.slice(0, at).replace(/^#SBATCH --array=.*$/m, () => array);
};

/**
 * Text of the script. It receives a signal sixty seconds before its time limit, stops its run at the next batch, and requeues the task.
 *
 * @param path path of the script, for messages
 * @param before text of the existing script
 * @throws `RangeflowFailure` if the existing file is no such script
 */
export const slurmScript = (array: SlurmArray, path: string, before?: string): string => {
  const { tasks, most, store, program, trust } = array;
  const line = `#SBATCH --array=${taskRanges(tasks)}${most === undefined ? "" : `%${most}`}`;
  const head = before === undefined ? headOf(array, line) : keptHead(path, before, line);
  return `${head}${boundary}
# Where a cluster has no numbers of tasks that are so large: sbatch --array=0-999 THIS_FILE 1000 trains those from 1000 on.
task=$((\${SLURM_ARRAY_TASK_ID:?the number of a task, which sbatch sets} + \${1:-0}))

node ${shellQuoted(program)} work${trust ? " --trust" : ""} \\
  --store ${shellQuoted(store)} \\
  --task "$task" --threads "\${SLURM_CPUS_PER_TASK:-1}" &
run=$!

# INT: the time is nearly up. TERM: the task is cancelled, or makes room for another one and is queued again without us.
again=no
trap 'again=yes; kill -INT "$run"' INT
trap 'kill -INT "$run"' TERM
while kill -0 "$run" 2>/dev/null; do wait "$run"; done
wait "$run"
code=$?

if [ "$again" = yes ] && [ "$code" -ge 128 ] && [ -n "\${SLURM_JOB_ID:-}" ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "$code"
`;
};
