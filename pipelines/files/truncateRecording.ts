/** @file Truncates recordings to the step of a checkpoint, before the run is resumed. */
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

/** Renames the data first: a segment with only sums and a `.partial` no longer counts. */
const remove = ({ data, sums }: SegmentPaths): void => {
  renameSync(data, partialPaths({ data, sums }).data);
  removePartial({ data, sums });
};

/** Removes what an interrupted truncation has left of a segment that does not count. */
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
 * Keeps only the rows with steps below `step`, so that every reader sees a run that stopped there.
 *
 * Rows to keep, from the first segment that goes too far on, are copied to a new segment. It counts from the moment when its data get
 * their final name, and supersedes the others, which are then removed. So the rows to keep can be read at any moment, even if the process
 * is killed meanwhile.
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
