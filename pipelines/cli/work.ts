/** @file `rangeflow work`: a worker on the terminal. */
import { lastValueFrom, tap } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { encodeJson } from "../files/json.ts";
import { work } from "../sweeps/work.ts";
import type { WorkEvent } from "../sweeps/workEvents.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { queueOption } from "./queueOption.ts";
import { jobsIn } from "./studyOptions.ts";
import { untilStopped } from "./untilStopped.ts";
import { runTask, taskOptions } from "./workTask.ts";

const options: readonly Option[] = [
  queueOption,
  {
    name: "jobs",
    kind: "text",
    value: "N|auto",
    values: ["auto"],
    help: "runs in parallel, in processes of their own; auto: as many as there are cores [auto]",
  },
  {
    name: "store",
    kind: "text",
    value: "PLACE",
    path: "directory",
    help: "store of the studies, where it has another name here than where they were planned",
  },
  {
    name: "data-dir",
    kind: "text",
    value: "DIR",
    path: "directory",
    help: "directory of the data, where it is another one than where the studies were planned",
  },
  {
    name: "lock",
    kind: "text",
    value: "SECONDS",
    help: "time after which a worker that says nothing has lost its runs, which others take up [30]",
  },
  ...taskOptions,
  { name: "once", kind: "flag", help: "end when the queue is empty" },
  {
    name: "trust",
    kind: "flag",
    help: "train jobs that bring code of their own: experiments, estimators and quantizers from files; trust whoever can write to the queue and the store",
  },
  jsonOption,
];

const secondsIn = (text: string): number => {
  const seconds = Number(text);
  if (seconds >= 2 && seconds <= 3600) return seconds;
  throw new RangeflowFailure(problem("--lock", `"${text}"`, "seconds from 2 to 3600"));
};

const textOf = (event: WorkEvent): string => {
  switch (event.event) {
    case "working":
      return `${event.machine} takes runs from ${event.queue}, ${event.jobs} at a time`;
    case "begun":
      return `${event.run}: begun`;
    case "ended":
      return `${event.run}: ${event.end}${"message" in event ? `, ${event.message}` : ""}`;
    case "refused":
      return `${event.run}: given back, ${event.why}`;
    case "trouble":
      return event.message;
  }
};

const run = async ({ texts, flags, ...rest }: Arguments, { out }: Terminal): Promise<number> => {
  const show = (event: WorkEvent): void => out(`${flags.json ? encodeJson(event) : textOf(event)}\n`);
  if (texts.task !== undefined) return runTask({ texts, flags, ...rest }, show);
  if (texts.queue === undefined)
    throw new RangeflowFailure(
      problem(
        "work",
        "no --queue",
        "the queue to take runs from, --queue redis://HOST, or a run by its number, --store PLACE --task N",
      ),
    );
  const { queue, store, "data-dir": dataDir, lock, jobs = "auto" } = texts;
  return untilStopped(async ({ stop$, isStopped }) => {
    await lastValueFrom(
      work({
        ...{ queue, jobs: jobsIn(jobs), stop$ },
        ...(store !== undefined && { store }),
        ...(dataDir !== undefined && { dataDir }),
        ...(lock !== undefined && { lockSeconds: secondsIn(lock) }),
        ...{ trust: flags.trust === true, once: flags.once === true },
      }).pipe(tap(show)),
      { defaultValue: undefined },
    );
    return isStopped() ? 130 : 0;
  });
};

export const workCommand: Command = {
  usage: "--queue URL [--jobs N] [--store PLACE] [--trust] | --store PLACE --task N",
  details:
    "Takes the runs that rangeflow compare --queue plans, on any number of machines. Ctrl-C stops them at their next batch and gives them back with their checkpoints; another worker goes on with the same bits.",
  options,
  goesOn: true,
  run,
};
