/** @file `rangeflow work`: a worker that trains runs from a queue. */
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
    help: "number of runs in parallel, each in its own process; auto: as many as there are cores [auto]",
  },
  {
    name: "store",
    kind: "text",
    value: "PLACE",
    path: "directory",
    help: "store of the studies, if it has another path on this machine than where they were planned",
  },
  {
    name: "data-dir",
    kind: "text",
    value: "DIR",
    path: "directory",
    help: "directory of the data, if it is another one than where the studies were planned",
  },
  {
    name: "lock",
    kind: "text",
    value: "SECONDS",
    help: "seconds without a heartbeat before a worker's runs are reassigned [30]",
  },
  ...taskOptions,
  { name: "once", kind: "flag", help: "exit when the queue is empty" },
  {
    name: "trust",
    kind: "flag",
    help: "also train runs that bring code of their own: experiments, estimators and quantizers from files; use it only if you trust everyone who can write to the queue and the store",
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
      return `${event.run}: started`;
    case "ended":
      return `${event.run}: ${event.end}${"message" in event ? `, ${event.message}` : ""}`;
    case "refused":
      return `${event.run}: returned, ${event.why}`;
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
        "rangeflow work",
        "no --queue",
        "--queue redis://HOST to take runs from, or --store PLACE --task N to train one run by its number",
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
    "Ctrl-C stops the runs at their next batch and returns them to the queue with their checkpoints; another worker resumes them with bit-identical results.",
  options,
  goesOn: true,
  run,
};
