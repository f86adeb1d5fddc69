/** @file Reads recordings: all statistics of a run in order, by columns or as signals. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { columnReader } from "./columnReader.ts";
import { type Contents, checkContents, contentsFold } from "./contents.ts";
import { endsOf, rowsBefore, runIdOfAll, type Segment } from "./recordedSegment.ts";
import { notArrow, openStream, segmentPathsIn, segmentsIn } from "./recordingFiles.ts";
import { rowAt } from "./recordingSchema.ts";
import type { StatColumns } from "./statColumns.ts";

/** The recording of a run, opened for reading. */
export interface Recording {
  /** Directory of the recording. */
  readonly dir: string;
  /** Id of the run. */
  readonly runId: string;
  /** Whether it is imported (third-party): some values are then unknown, and nothing was quantized. */
  readonly isForeign: boolean;
  /** All rows in order, some thousand at a time. Each call reads the files again. */
  readonly batches: () => Iterable<StatColumns>;
  /** All rows in order, as the original signals. Each iteration reads the files again. */
  readonly rows: () => Iterable<RangeSeen>;
}

/** Rows of a segment with steps below `end`. */
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

/** Rows as signals. `where` is used in messages. */
export function* rowsOf(where: string, batches: Iterable<StatColumns>): Generator<RangeSeen> {
  try {
    for (const batch of batches) for (let i = 0; i < batch.rows; i++) yield rowAt(batch, i);
  } catch (error) {
    throw notArrow(where, error);
  }
}

/**
 * Opens a recording, also that of a killed run or of one in progress: complete pieces are read, an incomplete last one is skipped. If a
 * resumed run has repeated steps, only its rows count.
 *
 * @param dir directory of the recording, `ranges` in the directory of a run
 * @param sealed content of a finished run's recording, to compare with. Default: not compared
 * @throws `RangeflowFailure` if there is no recording, its version is not supported, or the directory holds several runs; while reading,
 *   at the first byte that has changed since it was written, and at the end if sealed content is missing
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
