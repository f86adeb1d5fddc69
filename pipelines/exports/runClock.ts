/** @file Times of a run's steps. The log has none, so they are spread evenly over the time that the run has taken. */
import { importInfoIn } from "../files/importInfo.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import { canResume, lookAtRun } from "../runs/runDirectory.ts";

/** Times of a run's steps, in seconds. */
export interface RunClock {
  /** Start of the run, in seconds since 1970; 0 if it is unknown. */
  readonly begun: number;
  /** Mean duration of a step, with its share of evaluations; 0 if it is unknown. */
  readonly perStep: number;
}

const clock = (date: string | undefined, seconds: number, steps: number): RunClock => {
  const begun = date === undefined ? Number.NaN : Date.parse(date) / 1000;
  return { begun: Number.isFinite(begun) ? begun : 0, perStep: steps > 0 ? seconds / steps : 0 };
};

/**
 * The clock of a run, from its checkpoint, its record of a finished run, or what it was imported from.
 *
 * @param home directory of the run
 * @throws `RangeflowFailure` if one of them is damaged
 */
export const runClock = (home: string): RunClock => {
  if (canResume(home)) {
    const { provenance, progress, step } = lookAtRun(home);
    return clock(provenance.date, progress.seconds, step);
  }
  const record = doneRecordIn(home);
  if (record !== undefined) return clock(record.provenance.date, record.done.seconds, record.recording.steps);
  return clock(importInfoIn(home)?.made, 0, 0);
};
