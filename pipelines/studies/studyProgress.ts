/** @file How far a study is: the runs that have ended, each of which stands in `runs.csv` at once, and those under way. */
import type { DoneEvent } from "../runs/events.ts";
import type { ProgressEvent, RunEvent } from "./events.ts";
import type { Plan, PlannedRun } from "./plan.ts";
import { endedBefore, runOf } from "./results.ts";
import { runsCsvIn } from "./runsCsv.ts";

export interface StudyProgress {
  /** Runs that have ended, those from before first. */
  readonly ended: () => readonly RunEvent[];
  /** A run is trained. */
  readonly begun: (run: PlannedRun) => void;
  /** A run has ended. @returns what there is to tell of it */
  readonly done: (run: PlannedRun, done: DoneEvent) => RunEvent;
  readonly failed: (run: PlannedRun, message: string) => RunEvent;
  /**
   * How far all of it is.
   *
   * @param shares of their steps that the runs under way have done
   */
  readonly event: (shares: readonly number[]) => ProgressEvent;
}

/** @param out directory of the study, which belongs to this process */
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
