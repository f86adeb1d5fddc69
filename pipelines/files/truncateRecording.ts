/** @file Recordings cut back to where a checkpoint was written, before a run goes on from it. */
import { existsSync, renameSync, rmSync } from "node:fs";
import { cannotWrite, isSystemError } from "./fileErrors.ts";
import { endsOf, type Segment } from "./recordedSegment.ts";
import { recordInto } from "./recorder.ts";
import { batchesOf, rowsOf } from "./recording.ts";
import { nextSegment, partialPaths, partialSegments, segmentsIn } from "./recordingFiles.ts";
import type { SegmentPaths } from "./segment.ts";

const reaches = (segment: Segment, step: number): boolean => {
  for (const { rows, step: steps } of batchesOf(segment, Number.POSITIVE_INFINITY))
    if (steps[rows - 1]! >= step) return true;
  return false;
};

/** Takes the data's name first: what has only sums and a `.partial` counts no longer. */
const remove = ({ data, sums }: SegmentPaths): void => {
  renameSync(data, partialPaths({ data, sums }).data);
  removePartial({ data, sums });
};

/** Removes what an interrupted truncation left of a segment that does not count. */
const removePartial = (paths: SegmentPaths): void => {
  const partial = partialPaths(paths);
  if (!existsSync(paths.data)) rmSync(paths.sums, { force: true });
  rmSync(partial.sums, { force: true });
  rmSync(partial.data, { force: true });
};

/** Copies the rows of `replaced` before `step` to a new segment that supersedes them all. */
const copyBefore = (
  step: number,
  paths: SegmentPaths,
  replaced: readonly Segment[],
  ends: readonly number[],
): void => {
  const partial = partialPaths(paths);
  const firstStep = Math.min(...replaced.map(({ info }) => info.firstStep));
  const copy = recordInto(partial, { runId: replaced[0]!.info.runId, firstStep, now: () => 0 });
  try {
    for (const [i, segment] of replaced.entries())
      for (const row of rowsOf(segment.paths.data, batchesOf(segment, Math.min(step, ends[i]!))))
        copy.append(row);
    copy.close();
  } catch (error) {
    copy.close();
    removePartial(paths);
    throw error;
  }
  renameSync(partial.sums, paths.sums);
  renameSync(partial.data, paths.data);
};

/**
 * Keeps the rows with steps below `step` only, so that every program that reads the files sees a run that stopped there.
 *
 * The rows to keep, of all segments from the first one that goes too far, are copied to a new segment, which counts from the
 * moment in which its data get their final name, and supersedes the others; then these are removed. So the rows to keep can be
 * read at any moment, also after the process was killed in the middle.
 *
 * @throws `RangeflowFailure` if the recording is damaged, or the disk refuses
 */
export const truncateRecording = (dir: string, step: number): void => {
  if (!existsSync(dir)) return;
  try {
    for (const paths of partialSegments(dir)) removePartial(paths);
    const segments = segmentsIn(dir);
    const from = segments.findIndex((segment) => reaches(segment, step));
    if (from < 0) return;
    const replaced = segments.slice(from);
    copyBefore(step, nextSegment(dir), replaced, endsOf(segments.map(({ info }) => info)).slice(from));
    for (const { paths } of replaced) remove(paths);
  } catch (error) {
    throw isSystemError(error) ? cannotWrite(dir, error) : error;
  }
};
