/** @file Progress of a study: finished and failed runs, which are written to `runs.csv` at once, and runs in progress. */
import type { DoneEvent } from "../runs/events.ts";
import type { ProgressEvent, RunEvent } from "./events.ts";
import type { Plan, PlannedRun } from "./plan.ts";
import { endedBefore, runOf } from "./results.ts";
import { runsCsvIn } from "./runsCsv.ts";

export interface StudyProgress {
  /** Finished and failed runs, starting with those from before. */
  readonly ended: () => readonly RunEvent[];
  /** A run is trained. */
  readonly begun: (run: PlannedRun) => void;
  /** A run has ended. @returns what there is to tell of it */
  readonly done: (run: PlannedRun, done: DoneEvent) => RunEvent;
  readonly failed: (run: PlannedRun, message: string) => RunEvent;
  /**
   * Progress of the whole study.
   *
   * @param shares share of steps done in each run in progress
   */
  readonly event: (shares: readonly number[]) => ProgressEvent;
}

/** @param out directory of the study, which must belong to this process */
export const studyProgress = (plan: Plan, out: string): StudyProgress => {
  const csv = runsCsvIn(out);
  const ended: RunEvent[] = [...endedBefore(plan)];
  const end = (run: PlannedRun, how: RunEvent): RunEvent => {
    ended.push(how);
    csv.add(how, run.identity);
    return how;
  };
  return {
    ended: () => ended,
    begun: ({ name }) => csv.begin(name),
    done: (run, done) => end(run, { ...runOf(run, plan), status: "done", before: false, done }),
    failed: (run, message) => end(run, { ...runOf(run, plan), status: "failed", message }),
    event: (shares) => {
      const { length: runs } = plan.runs;
      const share = (ended.length + shares.reduce((sum, each) => sum + each, 0)) / runs;
      return { event: "progress", runs, ended: ended.length, running: shares.length, share };
    },
  };
};
