/** @file Recordings, read: every statistic of a run in order, by columns or as the signals that they were. */
import type { RecordBatch } from "apache-arrow";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { type Contents, checkContents, contentsFold } from "./contents.ts";
import type { Segment } from "./recordedSegment.ts";
import { notArrow, openStream, segmentsIn } from "./recordingFiles.ts";
import { roles, rowAt, verdicts } from "./recordingSchema.ts";
import type { ListColumn, StatColumns, TextColumn } from "./statColumns.ts";

export interface Recording {
  readonly dir: string;
  readonly runId: string;
  /** All rows in order, some thousands at a time. Each call reads the files again. */
  readonly batches: () => Iterable<StatColumns>;
  /** All rows in order, each as the signal that it was. */
  readonly rows: () => Iterable<RangeSeen>;
}

type Numbers = Uint32Array | Float64Array | Int32Array | Uint8Array;

/** The function that takes the columns out of the record batches of one segment. */
const columnReader = (path: string) => {
  const wrong = (name: string, found: string): RangeflowFailure =>
    new RangeflowFailure(problem(path, `column ${name} ${found}`, "a recording of rangeflow"));
  const numbers = <T extends Numbers>(batch: RecordBatch, name: string, kind: new (n: number) => T): T => {
    const values: unknown = batch.getChild(name)?.data[0]?.values;
    if (!(values instanceof kind)) throw wrong(name, "that is missing or of another type");
    return values;
  };
  const known = new Map<string, { readonly vector: unknown; readonly texts: readonly string[] }>();
  /** The texts of a dictionary; made again only when the stream has replaced it. */
  const textsOf = (batch: RecordBatch, name: string, allowed?: readonly string[]): readonly string[] => {
    const vector = batch.getChild(name)?.data[0]?.dictionary;
    const last = known.get(name);
    if (last !== undefined && last.vector === vector) return last.texts;
    if (vector === undefined) throw wrong(name, "that is missing or of another type");
    const texts = Array.from(vector, String);
    const odd = allowed && texts.find((text) => !allowed.includes(text));
    if (odd !== undefined) throw wrong(name, `with "${odd}"`);
    known.set(name, { vector, texts });
    return texts;
  };
  const text = <T extends string>(
    batch: RecordBatch,
    name: string,
    allowed?: readonly T[],
  ): TextColumn<T> => ({
    texts: textsOf(batch, name, allowed) as readonly T[],
    index: numbers(batch, name, Int32Array),
  });
  const lists = <T extends Uint8Array | Float32Array | Uint32Array>(
    batch: RecordBatch,
    name: string,
    kind: new (n: number) => T,
  ): ListColumn<T> => {
    const data = batch.getChild(name)?.data[0];
    const values: unknown = data?.children[0]?.values ?? data?.values;
    const offsets: unknown = data?.valueOffsets;
    if (!(offsets instanceof Int32Array) || !(values instanceof kind))
      throw wrong(name, "that is missing or of another type");
    return { offsets, values };
  };
  return (batch: RecordBatch): StatColumns => ({
    rows: batch.numRows,
    step: numbers(batch, "step", Uint32Array),
    site: text(batch, "site"),
    role: text(batch, "role", roles),
    estimator: text(batch, "estimator"),
    verdict: text(batch, "verdict", verdicts),
    min: numbers(batch, "min", Float64Array),
    max: numbers(batch, "max", Float64Array),
    lo: numbers(batch, "lo", Float64Array),
    hi: numbers(batch, "hi", Float64Array),
    count: numbers(batch, "count", Uint32Array),
    nonFinite: numbers(batch, "nonFinite", Uint32Array),
    clipped: numbers(batch, "clipped", Uint32Array),
    moved: numbers(batch, "moved", Float64Array),
    spared: numbers(batch, "spared", Float64Array),
    isStatic: numbers(batch, "isStatic", Uint8Array),
    measured: lists(batch, "measured", Uint8Array),
    histogramValues: lists(batch, "histogramValues", Float32Array),
    histogramCounts: lists(batch, "histogramCounts", Uint32Array),
  });
};

/** Number of rows before the first one of step `end`; steps never go back within a segment. */
const rowsBefore = ({ rows, step }: StatColumns, end: number): number => {
  if (rows === 0 || step[rows - 1]! < end) return rows;
  return step.subarray(0, rows).findIndex((s) => s >= end);
};

/** The rows of a segment with steps below `end`. */
export function* batchesOf({ paths, chunks }: Segment, end: number): Generator<StatColumns> {
  const columnsOf = columnReader(paths.data);
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

/** The step from which on each segment is superseded by a later one. */
export const endsOf = (segments: readonly Segment[]): readonly number[] =>
  segments.map((_, i) => Math.min(...segments.slice(i + 1).map(({ info }) => info.firstStep)));

export function* rowsOf(batches: Iterable<StatColumns>): Generator<RangeSeen> {
  for (const batch of batches) for (let i = 0; i < batch.rows; i++) yield rowAt(batch, i);
}

/**
 * Opens the recording of a run, also of one that was killed or still goes on: what was written as a whole is read, and a last
 * piece that was not is left out. Where a resumed run recorded steps again, only its rows count.
 *
 * @param sealed what the recording of a finished run holds
 * @throws `RangeflowFailure` if there is no recording, or one of another version, or several runs in one directory; while
 *   reading, at the first byte that has changed since it was written, and at the end if anything of what was sealed is missing
 */
export const readRecording = (dir: string, sealed?: Contents): Recording => {
  const segments = segmentsIn(dir);
  const runIds = [...new Set(segments.map(({ info }) => info.runId))];
  if (runIds.length === 0)
    throw new RangeflowFailure(
      problem(dir, "no segment 000000.arrows", "the directory of a recording", "name the recording of a run"),
    );
  if (runIds.length > 1)
    throw new RangeflowFailure(
      problem(
        dir,
        `segments of runs ${runIds.join(" and ")}`,
        "those of one run",
        "put each run into its own directory",
      ),
    );
  const ends = endsOf(segments);
  function* batches(): Generator<StatColumns> {
    const fold = sealed && contentsFold();
    for (const [i, segment] of segments.entries())
      for (const columns of batchesOf(segment, ends[i]!)) {
        fold?.add(columns);
        yield columns;
      }
    if (sealed && fold) checkContents(dir, fold.read(), sealed);
  }
  return { dir, runId: runIds[0]!, batches, rows: () => rowsOf(batches()) };
};
