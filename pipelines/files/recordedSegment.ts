/** @file A segment of a recording: its metadata, its files, and which of its rows are valid. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Chunk, SegmentPaths } from "./segment.ts";
import type { StatColumns } from "./statColumns.ts";

/** Metadata of a segment. */
export interface SegmentInfo {
  readonly runId: string;
  /** First step of the process that wrote it. It supersedes rows of earlier segments from this step on. */
  readonly firstStep: number;
  /** Whether it is imported, so that unknown values are null. Default: false. */
  readonly isForeign?: boolean;
}

/** A segment of a recording. */
export interface Segment {
  readonly paths: SegmentPaths;
  readonly info: SegmentInfo;
  /** The first one contains the schema. */
  readonly chunks: readonly Chunk[];
}

/**
 * The run that all segments of a directory belong to; undefined if there are none.
 *
 * @throws `RangeflowFailure` if they belong to several, for example because two runs were copied to one directory
 */
export const runIdOfAll = (dir: string, infos: readonly SegmentInfo[]): string | undefined => {
  const runIds = [...new Set(infos.map(({ runId }) => runId))];
  if (runIds.length > 1)
    throw new RangeflowFailure(
      problem(
        dir,
        `segments of runs ${runIds.join(" and ")}`,
        "those of one run",
        "put each run into its own directory",
      ),
    );
  return runIds[0];
};

/** For each segment the step from which on a later one supersedes it. */
export const endsOf = (infos: readonly SegmentInfo[]): readonly number[] =>
  infos.map((_, i) => Math.min(...infos.slice(i + 1).map(({ firstStep }) => firstStep)));

/** Number of rows before the first one of step `end`. Steps never decrease within a segment. */
export const rowsBefore = ({ rows, step }: StatColumns, end: number): number => {
  if (rows === 0 || step[rows - 1]! < end) return rows;
  return step.subarray(0, rows).findIndex((s) => s >= end);
};
