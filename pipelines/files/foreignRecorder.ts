/** @file The recorder of statistics that somebody else has made: columns to a recording, as many rows at a time as there are. */
import { dirname } from "node:path";
import { type Data, Float32, makeData, RecordBatch, Schema, Struct, Uint32 } from "apache-arrow";
import { internal } from "../../core/errors.ts";
import type { Known } from "../../core/foreignStat.ts";
import type { Measured } from "../../core/measure.ts";
import { classifyRange, type Verdict } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { Role } from "../../core/signal.ts";
import { StreamBytes } from "./arrowBytes.ts";
import { syncDirectory } from "./atomic.ts";
import { cannotWrite } from "./fileErrors.ts";
import { foreignSchema, isOptional } from "./foreignSchema.ts";
import { textIndex } from "./growingColumns.ts";
import { encodeJson } from "./json.ts";
import { makeDirectories } from "./makeDirectories.ts";
import { flagData, listData, numberData, textData } from "./nullableColumns.ts";
import { nextSegment, removeRecording } from "./recordingFiles.ts";
import { verdicts } from "./recordingSchema.ts";
import { createSegment } from "./segment.ts";
import type { TextColumn } from "./statColumns.ts";

/**
 * Foreign statistics by column, some rows in order of their steps. Arrays may be longer than `rows`. A column that is left out is not known;
 * in the others NaN, a text of place -1, 0 bits, rank -1 and `undefined` say so of a row.
 */
export interface ForeignRows {
  readonly rows: number;
  /** Never less than the step before it, also of the rows before these. */
  readonly step: Uint32Array;
  readonly site: TextColumn;
  readonly role: TextColumn<Role>;
  /** Found from the other columns (`classifyRange`) where it is missing. */
  readonly verdict?: TextColumn<Verdict>;
  readonly min?: Float64Array;
  readonly max?: Float64Array;
  /** Half-widths of the intervals in which the ends lie, 0 where they are exact. */
  readonly minError?: Float64Array;
  readonly maxError?: Float64Array;
  readonly known?: TextColumn<Known>;
  /** 1 in rows of a cold start, one byte for each. */
  readonly coldStart?: Uint8Array;
  readonly rank?: Int32Array;
  readonly count?: Uint32Array;
  readonly nonFinite?: Uint32Array;
  readonly bits?: Uint8Array;
  readonly scheme?: TextColumn<Scheme>;
  /** Answers by question, such as `{ mean: [0.1], std: [0.2] }`. */
  readonly measured?: readonly (Measured | undefined)[];
  /** As `histogram` makes them. */
  readonly histogram?: readonly (Sample | undefined)[];
}

export interface ForeignRecorder {
  /** Writes some rows. Throws `RangeflowFailure` where the disk refuses. */
  readonly append: (rows: ForeignRows) => void;
  /** Writes the end of the stream and forces all of it to the disk. */
  readonly close: () => void;
  /** Removes what was written, as after a failure. */
  readonly discard: () => void;
}

export interface ForeignRecorderOptions {
  /** Directory of the recording, `RUN/ranges`, which is made if need be. */
  readonly dir: string;
  /** Text that tells this recording from others, such as a hash of what it is made of. */
  readonly runId: string;
  /** Columns of which nothing will be known; left out, which says the same and takes no space. */
  readonly unknown?: readonly string[];
}

/** Rows of one record batch: what a reader has in memory at a time, and 7 MB with all columns. */
const rowsPerBatch = 65536;

/** The verdict on each row, as places in `verdicts`. An end that may be other than 0 by what was printed of it is not 0. */
const verdictsOf = (columns: ForeignRows): TextColumn<Verdict> => {
  const { rows, min, max, minError, maxError, count, nonFinite } = columns;
  const index = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const [lo, hi] = [min?.[i] ?? Number.NaN, max?.[i] ?? Number.NaN];
    const isMissing = Number.isNaN(lo) && Number.isNaN(hi);
    const faults = nonFinite?.[i] ?? 0;
    const verdict = classifyRange({
      min: isMissing ? 0 : lo,
      max: isMissing ? 1 : hi,
      count: count?.[i] ?? 1,
      nonFinite: faults,
    });
    const isRounded = (minError?.[i] ?? 0) > 0 || (maxError?.[i] ?? 0) > 0;
    index[i] = verdicts.indexOf(verdict === "zero" && isRounded ? "observed" : verdict);
  }
  return { texts: verdicts, index };
};

const isNumber = (x: number): boolean => !Number.isNaN(x);
const utf8 = new TextEncoder();

const textNames = ["site", "role", "verdict", "known", "scheme", "estimator", "projection"] as const;

/** Columns of rows `from` to `end` as Arrow has them, by name. */
const dataOf = (
  columns: ForeignRows,
  verdict: TextColumn,
  span: readonly [number, number],
  texts: Readonly<Record<(typeof textNames)[number], ReturnType<typeof textIndex>>>,
): ((name: string, type: Data["type"]) => Data) => {
  const { step, min, max, minError, maxError, count, nonFinite, bits, rank, measured, histogram } = columns;
  const f64 = (values: Float64Array | undefined) => (type: Data["type"]) =>
    numberData(type, span, values, Float64Array, isNumber);
  const u32 = (values: Uint32Array | undefined) => (type: Data["type"]) =>
    numberData(type, span, values, Uint32Array);
  const text = (name: keyof typeof texts, column: TextColumn | undefined) => (type: Data["type"]) =>
    textData(type, span, column, texts[name]);
  const measuredAt = (i: number): Uint8Array | undefined => {
    const one = measured?.[i];
    return one && utf8.encode(encodeJson(one));
  };
  const makers: Readonly<Record<string, (type: Data["type"]) => Data>> = {
    step: u32(step),
    site: text("site", columns.site),
    role: text("role", columns.role),
    verdict: text("verdict", verdict),
    known: text("known", columns.known),
    scheme: text("scheme", columns.scheme),
    estimator: text("estimator", undefined),
    projection: text("projection", undefined),
    ...{ min: f64(min), max: f64(max), minError: f64(minError), maxError: f64(maxError) },
    ...{ lo: f64(undefined), hi: f64(undefined) },
    ...{ bytesMoved: f64(undefined), bytesSaved: f64(undefined) },
    ...{ count: u32(count), nonFinite: u32(nonFinite), clipped: u32(undefined) },
    bits: (type) => numberData(type, span, bits, Uint8Array, (x) => x > 0),
    rank: (type) => numberData(type, span, rank, Int32Array, (x) => x >= 0),
    coldStart: (type) => flagData(type, span, columns.coldStart),
    isStatic: (type) => flagData(type, span, undefined),
    measured: (type) => listData(type, span, measured && measuredAt, Uint8Array),
    histogramValues: (type) =>
      listData(type, span, histogram && ((i) => histogram[i]?.values), Float32Array, new Float32()),
    histogramCounts: (type) =>
      listData(type, span, histogram && ((i) => histogram[i]?.counts), Uint32Array, new Uint32()),
  };
  return (name, type) => makers[name]!(type);
};

/**
 * Records foreign statistics. Nothing waits in memory: what was appended is written when the call returns.
 *
 * @returns a recorder that takes columns; close it, or discard what it has written
 * @throws `RangeflowFailure` if the directory cannot be made or written
 * @example not run: it writes a recording
 * const recorder = foreignRecorder({ dir: "runs/theirs/ranges", runId: "theirs" });
 * recorder.append({
 *   rows: 2,
 *   step: Uint32Array.of(0, 1),
 *   site: { texts: ["fc1/gradient"], index: Int32Array.of(0, 0) },
 *   role: { texts: ["gradient"], index: Int32Array.of(0, 0) },
 *   min: Float64Array.of(-0.1, -0.2),
 *   max: Float64Array.of(0.3, 0.1),
 * });
 * recorder.close();
 */
export const foreignRecorder = ({ dir, runId, unknown = [] }: ForeignRecorderOptions): ForeignRecorder => {
  try {
    if (makeDirectories(dir) !== undefined) syncDirectory(dirname(dir));
  } catch (error) {
    throw cannotWrite(dir, error);
  }
  const whole = foreignSchema({ runId, firstStep: 0, isForeign: true });
  const fields = whole.fields.filter(({ name }) => !isOptional(name) || !unknown.includes(name));
  const schema = new Schema(fields, whole.metadata);
  const segment = createSegment(nextSegment(dir));
  const stream = new StreamBytes();
  stream.reset(undefined, schema);
  segment.append(stream.take());
  const texts = Object.fromEntries(textNames.map((name) => [name, textIndex()])) as Record<
    (typeof textNames)[number],
    ReturnType<typeof textIndex>
  >;
  const type = new Struct(schema.fields);
  let lastStep = 0;

  const checkSteps = ({ rows, step }: ForeignRows): void => {
    for (let i = 0; i < rows; i++) {
      if (step[i]! < lastStep) throw internal(`foreignRecorder: step ${step[i]} after step ${lastStep}`);
      lastStep = step[i]!;
    }
  };
  return {
    append: (columns) => {
      checkSteps(columns);
      const verdict = columns.verdict ?? verdictsOf(columns);
      for (let from = 0; from < columns.rows; from += rowsPerBatch) {
        const end = Math.min(from + rowsPerBatch, columns.rows);
        const make = dataOf(columns, verdict, [from, end], texts);
        const children = schema.fields.map((field) => make(field.name, field.type));
        stream.write(new RecordBatch(schema, makeData({ type, length: end - from, nullCount: 0, children })));
        segment.append(stream.take());
      }
    },
    close: () => {
      try {
        stream.finish();
        segment.append(stream.take());
        segment.sync();
      } finally {
        segment.close();
      }
    },
    discard: () => {
      segment.discard();
      removeRecording(dir);
    },
  };
};
