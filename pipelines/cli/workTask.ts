/** @file `rangeflow work --task`: the run of a number on the terminal, as a scheduler calls it. */
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
    help: "train the run of this number, counted from 0, of the study in --store, as the script of rangeflow compare --emit slurm does; without a queue",
  },
  {
    name: "threads",
    kind: "text",
    value: "N|auto",
    values: ["auto"],
    help: "threads of the run of --task [as the study was planned]",
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
 * @returns the exit code: 0 once the run is committed, 130 where the same task goes on with it, 2 where it has failed or is elsewhere
 */
export const runTask = async (
  { texts, flags }: Arguments,
  show: (event: WorkEvent) => void,
): Promise<number> => {
  const { task = "", store, threads, "data-dir": dataDir } = texts;
  const inVain = ofQueues.find((name) => texts[name] !== undefined || flags[name] === true);
  if (inVain !== undefined)
    throw new RangeflowFailure(
      problem("work --task", `--${inVain} beside it`, "only one of both", "a task takes no run from a queue"),
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
