/** @file The recording of a run, and whether it is complete. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Contents, contentsOf } from "../files/contents.ts";
import { type Recording, readRecording } from "../files/recording.ts";
import { type DoneRecord, doneRecordIn, recordDone } from "./doneRecord.ts";
import type { DoneEvent } from "./events.ts";
import { canResume, homeOf, loadRun, rangesIn } from "./runDirectory.ts";

/** The recording of a run. */
export interface RunRecording extends Recording {
  /** Whether the run has finished. Its recording is then checked for completeness while it is read. */
  readonly isFinished: boolean;
}

/**
 * Opens the recording of a run.
 *
 * @param dir directory of the run, or of its recording
 * @throws `RangeflowFailure` as `readRecording` does; also while reading, if the run has finished and a part of its recording is missing
 */
export const recordingOf = (dir: string): RunRecording => {
  const home = homeOf(dir);
  const sealed = home === undefined ? undefined : doneRecordIn(home)?.recording;
  const recording = readRecording(home === undefined ? dir : rangesIn(home), sealed);
  return { ...recording, isFinished: sealed !== undefined };
};

const incomplete = (where: string, found: string, expected: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      found,
      expected,
      "part of the recording is missing, restore it from a backup or record the run again",
    ),
  );

/**
 * Reads a recording once to check that every site has every step.
 *
 * @param reached number of steps that it must reach
 * @returns its contents
 * @throws `RangeflowFailure` if a step of a site is missing or duplicated
 */
export const completeContents = ({ dir, batches }: Recording, reached: number): Contents => {
  const { contents, gap } = contentsOf(batches());
  if (gap !== undefined) throw incomplete(dir, gap, "every step of every site once, in order");
  if (contents.sites > 0 && contents.steps < reached)
    throw incomplete(
      dir,
      `${contents.steps} steps of every site`,
      `the ${reached} steps that the run has saved`,
    );
  return contents;
};

/** Step of the checkpoint next to a recording; 0 if there is no checkpoint. */
export const savedStep = (dir: string): number => {
  const home = homeOf(dir);
  return home !== undefined && canResume(home) ? loadRun(home).step : 0;
};

/**
 * Writes the record of a finished run, after reading its recording again to check that it is complete.
 *
 * @throws `RangeflowFailure` if it is not, or the disk refuses
 */
export const recordEnd = (
  dir: string,
  { identity, provenance, outline }: Pick<DoneRecord, "identity" | "provenance" | "outline">,
  done: DoneEvent,
  step: number,
): void =>
  recordDone(dir, {
    ...{ identity, provenance, done },
    ...(outline && { outline }),
    recording: completeContents(recordingOf(dir), step),
  });
