/** @file Recordings, read: every statistic of a run in order, by columns or as the signals that they were. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { columnReader } from "./columnReader.ts";
import { type Contents, checkContents, contentsFold } from "./contents.ts";
import { endsOf, rowsBefore, runIdOfAll, type Segment } from "./recordedSegment.ts";
import { notArrow, openStream, segmentPathsIn, segmentsIn } from "./recordingFiles.ts";
import { rowAt } from "./recordingSchema.ts";
import type { StatColumns } from "./statColumns.ts";

export interface Recording {
  readonly dir: string;
  readonly runId: string;
  /** Whether somebody else has recorded it, so that not all of it is known and nothing was quantized. */
  readonly isForeign: boolean;
  /** All rows in order, some thousands at a time. Each call reads the files again. */
  readonly batches: () => Iterable<StatColumns>;
  /** All rows in order, each as the signal that it was; read again by each who iterates over them. */
  readonly rows: () => Iterable<RangeSeen>;
}

/** The rows of a segment with steps below `end`. */
export function* batchesOf({ paths, chunks, info }: Segment, end: number): Generator<StatColumns> {
  const columnsOf = columnReader(paths.data, info);
  try {
    for (const batch of openStream(paths, chunks)) {
      if (batch.numRows === 0) continue;
      const columns = columnsOf(batch);
      const rows = rowsBefore(columns, end);
      if (rows > 0) yield { ...columns, rows };
      if (rows < columns.rows) return;
    }
  } catch (error) {
    throw notArrow(paths.data, error);
  }
}

/** Rows as signals; `where` they lie is for the sentence. */
export function* rowsOf(where: string, batches: Iterable<StatColumns>): Generator<RangeSeen> {
  try {
    for (const batch of batches) for (let i = 0; i < batch.rows; i++) yield rowAt(batch, i);
  } catch (error) {
    throw notArrow(where, error);
  }
}

/**
 * Opens the recording of a run, also of one that was killed or still goes on: what was written as a whole is read, and a last
 * piece that was not is left out. Where a resumed run recorded steps again, only its rows count.
 *
 * @param sealed what the recording of a finished run holds
 * @throws `RangeflowFailure` if there is no recording, or one of another version, or several runs in one directory; while
 *   reading, at the first byte that has changed since it was written, and at the end if anything of what was sealed is missing
 * @example not run: it reads a run
 * for (const { site, step, range } of readRecording("runs/mine/ranges").rows()) console.log(site, step, range);
 */
export const readRecording = (dir: string, sealed?: Contents): Recording => {
  const segments = segmentsIn(dir);
  const infos = segments.map(({ info }) => info);
  const runId = runIdOfAll(dir, infos);
  if (runId === undefined)
    throw new RangeflowFailure(
      segmentPathsIn(dir).length === 0
        ? problem(
            dir,
            "no segment 000000.arrows",
            "the directory of a recording",
            "name the recording of a run",
          )
        : problem(
            dir,
            "segments without a complete piece",
            "at least one complete piece",
            "if it is a copy, copy it again",
          ),
    );
  const ends = endsOf(infos);
  function* batches(): Generator<StatColumns> {
    const fold = sealed && contentsFold();
    for (const [i, segment] of segments.entries())
      for (const columns of batchesOf(segment, ends[i]!)) {
        fold?.add(columns);
        yield columns;
      }
    if (sealed && fold) checkContents(dir, fold.read(), sealed);
  }
  return {
    dir,
    runId,
    isForeign: infos.some((info) => info.isForeign),
    batches,
    rows: () => ({ [Symbol.iterator]: () => rowsOf(dir, batches()) }),
  };
};
