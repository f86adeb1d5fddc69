/**
 * @file Files of a recording: segments `000000.arrows`, `000001.arrows`, .., one for each process that worked on the run, each with its
 *   `.sums`. Files whose names end in `.partial` are being written or removed, and do not count.
 */
import { existsSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { RecordBatchReader, type RecordBatchStreamReader } from "apache-arrow";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { checkedMessages } from "./arrowMessages.ts";
import { cannotRead, reasonOf } from "./fileErrors.ts";
import type { Segment, SegmentInfo } from "./recordedSegment.ts";
import { segmentInfo } from "./recordingSchema.ts";
import { type Chunk, readChunks, type SegmentPaths, wholeChunks } from "./segment.ts";

const pathsOf = (dir: string, n: number): SegmentPaths => {
  const base = join(dir, String(n).padStart(6, "0"));
  return { data: `${base}.arrows`, sums: `${base}.sums` };
};

/** Names of a segment that does not count yet, or no longer. */
export const partialPaths = ({ data, sums }: SegmentPaths): SegmentPaths => ({
  data: `${data}.partial`,
  sums: `${sums}.partial`,
});

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir);
  } catch (error) {
    throw cannotRead(dir, error, "the directory of a recording");
  }
};

const numbersIn = (dir: string, pattern: RegExp): readonly number[] =>
  namesIn(dir)
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

const segmentFile = /^(\d{6,})\.(?:arrows|sums)(?:\.partial)?$/;

/** Files of the next segment, after all that are or were in `dir`. */
export const nextSegment = (dir: string): SegmentPaths =>
  pathsOf(dir, 1 + Math.max(-1, ...numbersIn(dir, segmentFile)));

/** Whether a path belongs to a segment, existing or not, in a directory with segments. */
export const isOfRecording = (dir: string, name: string): boolean =>
  segmentFile.test(name) && existsSync(dir) && segmentPathsIn(dir).length > 0;

/** Segments with data files, in the order in which they were begun. */
export const segmentPathsIn = (dir: string): readonly SegmentPaths[] =>
  numbersIn(dir, /^(\d{6,})\.arrows$/).map((n) => pathsOf(dir, n));

/** Segments of which a part is being written or removed. */
export const partialSegments = (dir: string): readonly SegmentPaths[] =>
  numbersIn(dir, /^(\d{6,})\.(?:arrows|sums)\.partial$/).map((n) => pathsOf(dir, n));

/** Removes all segments of a recording, and its directory if it is then empty. */
export const removeRecording = (dir: string): void => {
  if (!existsSync(dir)) return;
  for (const n of numbersIn(dir, segmentFile)) {
    const { data, sums } = pathsOf(dir, n);
    for (const path of [data, sums])
      for (const name of [path, `${path}.partial`]) rmSync(name, { force: true });
  }
  if (namesIn(dir).length === 0) rmdirSync(dir);
};

/** Refuses sums without data, unless the data are being written or removed. */
const checkNoDataIsMissing = (dir: string): void => {
  for (const n of numbersIn(dir, /^(\d{6,})\.sums$/)) {
    const { data, sums } = pathsOf(dir, n);
    if (!existsSync(data) && !existsSync(`${data}.partial`) && statSync(sums).size > 0)
      throw new RangeflowFailure(
        problem(data, "no such file", `the data of ${sums}`, "copy a recording with all its files"),
      );
  }
};

/** Pieces of complete messages as one Arrow stream. */
export const streamOf = (pieces: Iterable<Uint8Array>): RecordBatchStreamReader =>
  RecordBatchReader.from(checkedMessages(pieces)).open();

/** The chunks of a segment as one Arrow stream. */
export const openStream = ({ data }: SegmentPaths, chunks: readonly Chunk[]): RecordBatchStreamReader =>
  streamOf(readChunks(data, chunks));

/** An error of Arrow, for a file with correct checksums, as a failure. */
export const notArrow = (path: string, error: unknown): Error =>
  error instanceof RangeflowFailure
    ? error
    : new RangeflowFailure(
        problem(
          path,
          `contents that are not an Arrow stream of a recording (${reasonOf(error)})`,
          "a recording of rangeflow",
        ),
      );

const infoOf = (paths: SegmentPaths, chunks: readonly Chunk[]): SegmentInfo => {
  try {
    return segmentInfo(paths.data, openStream(paths, chunks.slice(0, 1)).schema);
  } catch (error) {
    throw notArrow(paths.data, error);
  }
};

/**
 * The segments of a recording in the order in which they were written, without those that have no complete chunk.
 *
 * @throws `RangeflowFailure` if a file is missing, has damaged sums or a damaged schema, or has another version
 */
export const segmentsIn = (dir: string): readonly Segment[] => {
  checkNoDataIsMissing(dir);
  return segmentPathsIn(dir).flatMap((paths) => {
    const chunks = wholeChunks(paths);
    return chunks.length === 0 ? [] : [{ paths, chunks, info: infoOf(paths, chunks) }];
  });
};
