/**
 * @file The columns of a recording: one row for each `RangeSeen`, as an Arrow schema and as arrays.
 *
 * Version 2. A reader ignores further columns, such as histograms; a change of the ones below is a new version.
 */
import { Bool, type DataType, Dictionary, Field, Float64, Int32, Schema, Uint32, Utf8 } from "apache-arrow";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Verdict } from "../../core/range.ts";
import type { RangeSeen, Role } from "../../core/signal.ts";

const schemaVersion = "2";

export const roles: readonly Role[] = ["weight", "activation", "gradient"];
export const verdicts: readonly Verdict[] = ["observed", "empty", "nonFinite", "zero"];

/** What every segment says of itself. */
export interface SegmentInfo {
  readonly runId: string;
  /** Where the process began that wrote it: rows of earlier segments from this step on are superseded. */
  readonly firstStep: number;
}

/** A column of few different texts: row i holds `texts[index[i]]`. */
export interface TextColumn<T extends string = string> {
  readonly texts: readonly T[];
  readonly index: Int32Array;
}

/** Statistics by column; the arrays may be longer than `rows`. */
export interface StatColumns {
  readonly rows: number;
  readonly step: Uint32Array;
  readonly site: TextColumn;
  readonly role: TextColumn<Role>;
  readonly estimator: TextColumn;
  readonly verdict: TextColumn<Verdict>;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  readonly count: Uint32Array;
  readonly nonFinite: Uint32Array;
  readonly clipped: Uint32Array;
  /** Whole numbers of bytes. */
  readonly moved: Float64Array;
  readonly spared: Float64Array;
  /** One bit for each row, the lowest of a byte first. */
  readonly isStatic: Uint8Array;
}

const text = (id: number): DataType => new Dictionary(new Utf8(), new Int32(), id);
const column = (name: string, type: DataType): Field => new Field(name, type, false);

export const recordingSchema = ({ runId, firstStep }: SegmentInfo): Schema =>
  new Schema(
    [
      column("step", new Uint32()),
      column("site", text(0)),
      column("role", text(1)),
      column("estimator", text(2)),
      column("verdict", text(3)),
      column("min", new Float64()),
      column("max", new Float64()),
      column("lo", new Float64()),
      column("hi", new Float64()),
      column("count", new Uint32()),
      column("nonFinite", new Uint32()),
      column("clipped", new Uint32()),
      column("moved", new Float64()),
      column("spared", new Float64()),
      column("isStatic", new Bool()),
    ],
    new Map([
      ["schemaVersion", schemaVersion],
      ["runId", runId],
      ["firstStep", String(firstStep)],
    ]),
  );

/**
 * What a segment says of itself.
 *
 * @throws `RangeflowFailure` if it is of another version, or no recording
 */
export const segmentInfo = (path: string, { metadata }: Schema): SegmentInfo => {
  const version = metadata.get("schemaVersion");
  const runId = metadata.get("runId");
  const firstStep = Number(metadata.get("firstStep"));
  if (version !== schemaVersion)
    throw new RangeflowFailure(
      problem(
        path,
        version === undefined
          ? "an Arrow stream without a schema version"
          : `recording schema version ${version}`,
        `version ${schemaVersion}`,
        "read it with the version of rangeflow that wrote it",
      ),
    );
  if (runId === undefined || !Number.isSafeInteger(firstStep))
    throw new RangeflowFailure(
      problem(path, "a schema without run id and first step", "a recording of rangeflow"),
    );
  return { runId, firstStep };
};

/** Row `i` as the signal that it was. */
export const rowAt = (columns: StatColumns, i: number): RangeSeen => ({
  _tag: "RangeSeen",
  site: columns.site.texts[columns.site.index[i]!]!,
  role: columns.role.texts[columns.role.index[i]!]!,
  step: columns.step[i]!,
  estimator: columns.estimator.texts[columns.estimator.index[i]!]!,
  stat: {
    min: columns.min[i]!,
    max: columns.max[i]!,
    count: columns.count[i]!,
    nonFinite: columns.nonFinite[i]!,
  },
  verdict: columns.verdict.texts[columns.verdict.index[i]!]!,
  range: { lo: columns.lo[i]!, hi: columns.hi[i]! },
  isStatic: ((columns.isStatic[i >> 3]! >> (i & 7)) & 1) === 1,
  clipped: columns.clipped[i]!,
  moved: columns.moved[i]!,
  spared: columns.spared[i]!,
});
