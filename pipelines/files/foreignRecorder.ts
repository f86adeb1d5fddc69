/** @file Recorder of imported (third-party) statistics: writes columns to a recording, any number of rows at a time. */
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
 * Imported statistics by column, for rows in order of their steps. Arrays may be longer than `rows`. A column that is left out is
 * unknown. In other columns, NaN, text index -1, 0 bits, rank -1 and `undefined` mark unknown rows.
 */
export interface ForeignRows {
  /** Number of rows. */
  readonly rows: number;
  /** Training step, from 0. Never decreases, also across calls. */
  readonly step: Uint32Array;
  /** Path of the site, such as `fc1/gradient`. */
  readonly site: TextColumn;
  /** Role of the site's tensor. */
  readonly role: TextColumn<Role>;
  /** Default: derived from the other columns (`classifyRange`). */
  readonly verdict?: TextColumn<Verdict>;
  /** Smallest element of the tensor. */
  readonly min?: Float64Array;
  /** Largest element of the tensor. */
  readonly max?: Float64Array;
  /** Half-width of the interval that contains the true min; 0 if exact. */
  readonly minError?: Float64Array;
  /** Half-width of the interval that contains the true max; 0 if exact. */
  readonly maxError?: Float64Array;
  /** Kind of the recorded statistic. */
  readonly known?: TextColumn<Known>;
  /** 1 in rows of a cold start; one byte per row. */
  readonly coldStart?: Uint8Array;
  /** Process of a distributed run. */
  readonly rank?: Int32Array;
  /** Number of elements, including those that are not finite. */
  readonly count?: Uint32Array;
  /** Number of elements that are not finite. */
  readonly nonFinite?: Uint32Array;
  /** Bit width of the site. */
  readonly bits?: Uint8Array;
  /** Scheme of the site's grid. */
  readonly scheme?: TextColumn<Scheme>;
  /** Measurements by name, such as `{ mean: [0.1], std: [0.2] }`. */
  readonly measured?: readonly (Measured | undefined)[];
  /** Histograms, as `histogram` makes them. */
  readonly histogram?: readonly (Sample | undefined)[];
}

/** A recording of imported statistics that is being written. */
export interface ForeignRecorder {
  /** Writes rows. Throws `RangeflowFailure` if the disk refuses. */
  readonly append: (rows: ForeignRows) => void;
  /** Writes the end of the stream and forces everything to the disk. */
  readonly close: () => void;
  /** Removes what was written, for example after a failure. */
  readonly discard: () => void;
}

/** Options of `foreignRecorder`. */
export interface ForeignRecorderOptions {
  /** Directory of the recording, `RUN/ranges`. It is created if necessary. */
  readonly dir: string;
  /** Text that identifies this recording, for example a hash of its sources. */
  readonly runId: string;
  /** Names of columns without any known value. They are left out, which means the same and saves space. Default: none. */
  readonly unknown?: readonly string[];
}

/** Rows per record batch, which is what a reader has in memory at a time: 7 MB with all columns. */
const rowsPerBatch = 65536;

/** Verdict of each row, as indices of `verdicts`. A printed 0 that may stand for another number does not count as 0. */
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

/** Columns of rows `from` to `end` as Arrow data, by name. */
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
 * Opens a recorder for imported (third-party) statistics. Nothing is buffered: appended rows are written when the call returns.
 *
 * @returns a recorder that takes columns. Close it, or discard what it has written
 * @throws `RangeflowFailure` if the directory cannot be created or written
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
