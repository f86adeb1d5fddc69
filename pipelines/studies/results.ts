/** @file Events about the finished runs of a study. */
import type { CompareEvent, RunDoneEvent, RunEvent } from "./events.ts";
import type { Cell } from "./grid.ts";
import type { Plan, PlannedRun } from "./plan.ts";
import { pooledOf } from "./pooled.ts";
import { summaryOf } from "./summary.ts";

/** Identifies a run in an event. */
export const runOf = ({ name, cell, seed }: PlannedRun, { cells }: Plan) =>
  ({ event: "run", run: name, cell, settings: cells[cell] as Cell, seed }) as const;

/** Runs that had finished before they were planned. */
export const endedBefore = (plan: Plan): readonly RunDoneEvent[] =>
  plan.runs.flatMap((run) =>
    run.record === undefined
      ? []
      : [{ ...runOf(run, plan), status: "done", before: true, done: run.record.done } as const],
  );

/** Cells, pools, and numbers of runs. */
export const resultsOf = (plan: Plan, ended: readonly RunEvent[], out: string): readonly CompareEvent[] => {
  const failed = ended.filter(({ status }) => status === "failed").length;
  return [
    ...summaryOf(plan, ended),
    ...pooledOf(plan.pools, plan, ended),
    { event: "compared", done: ended.length - failed, failed, left: plan.runs.length - ended.length, out },
  ];
};
