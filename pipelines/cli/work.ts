/** @file `rangeflow work`: a worker on the terminal. */
import { lastValueFrom, ReplaySubject, tap } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { encodeJson } from "../files/json.ts";
import { endProcess } from "../foreign/ending.ts";
import { work } from "../sweeps/work.ts";
import type { WorkEvent } from "../sweeps/workEvents.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { queueOption } from "./queueOption.ts";
import { jobsIn } from "./studyOptions.ts";

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

const run = async ({ texts, flags }: Arguments, { out }: Terminal): Promise<number> => {
  if (texts.queue === undefined)
    throw new RangeflowFailure(
      problem("work", "no --queue", "the queue to take runs from: --queue redis://HOST"),
    );
  const stop$ = new ReplaySubject<void>(1);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) endProcess(130);
    isStopped = true;
    stop$.next();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const { store, "data-dir": dataDir, lock, jobs = "auto" } = texts;
  try {
    await lastValueFrom(
      work({
        ...{ queue: texts.queue, jobs: jobsIn(jobs), stop$ },
        ...(store !== undefined && { store }),
        ...(dataDir !== undefined && { dataDir }),
        ...(lock !== undefined && { lockSeconds: secondsIn(lock) }),
        ...{ trust: flags.trust === true, once: flags.once === true },
      }).pipe(tap((event) => out(`${flags.json ? encodeJson(event) : textOf(event)}\n`))),
      { defaultValue: undefined },
    );
    return isStopped ? 130 : 0;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};

export const workCommand: Command = {
  usage: "--queue URL [--jobs N] [--store PLACE] [--trust]",
  details:
    "Takes the runs that rangeflow compare --queue plans, on any number of machines. Ctrl-C stops them at their next batch and gives them back with their checkpoints; another worker goes on with the same bits.",
  options,
  goesOn: true,
  run,
};
