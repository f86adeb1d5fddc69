/** @file `rangeflow work --task`: trains one run by its number, as a task of a scheduler. */
import { lastValueFrom, tap } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { wholeIn } from "../../core/numberText.ts";
import type { WorkEvent } from "../sweeps/workEvents.ts";
import { workTask } from "../sweeps/workTask.ts";
import type { Arguments, Option } from "./args.ts";
import { countIn } from "./studyOptions.ts";
import { untilStopped } from "./untilStopped.ts";

export const taskOptions: readonly Option[] = [
  {
    name: "task",
    kind: "text",
    value: "N",
    help: "train run number N, counted from 0, of the study in --store, without a queue, as the script of rangeflow compare --emit slurm does",
  },
  {
    name: "threads",
    kind: "text",
    value: "N|auto",
    values: ["auto"],
    help: "threads of the run of --task [as planned in the study]",
  },
];

const ofQueues = ["queue", "jobs", "lock", "once"] as const;

const taskIn = (text: string): number => {
  if (!/^\d{1,9}$/.test(text))
    throw new RangeflowFailure(problem("--task", `"${text}"`, "the number of a task, an integer from 0"));
  return wholeIn(text);
};

/**
 * Trains the run that `--task` names.
 *
 * @returns the exit code: 0 if the run is committed, 130 if it was stopped and the same task resumes it, 2 if it failed or another machine has it
 */
export const runTask = async (
  { texts, flags }: Arguments,
  show: (event: WorkEvent) => void,
): Promise<number> => {
  const { task = "", store, threads, "data-dir": dataDir } = texts;
  const inVain = ofQueues.find((name) => texts[name] !== undefined || flags[name] === true);
  if (inVain !== undefined)
    throw new RangeflowFailure(
      problem(
        "work --task",
        `used with --${inVain}`,
        "only one of the two",
        "a task takes no run from a queue",
      ),
    );
  if (store === undefined)
    throw new RangeflowFailure(problem("work --task", "no --store", "the store of the study: --store PLACE"));
  return untilStopped(async ({ stop$ }) => {
    const last = await lastValueFrom(
      workTask({
        ...{ store, task: taskIn(task), trust: flags.trust === true, stop$ },
        ...(threads !== undefined && { threads: countIn("--threads", threads) }),
        ...(dataDir !== undefined && { dataDir }),
      }).pipe(tap(show)),
    );
    if (last.event !== "ended") return 2;
    return last.end === "done" ? 0 : last.end === "stopped" ? 130 : 2;
  });
};
