/** @file Encodes rows as chunks of an Arrow IPC stream, through typed arrays that are filled row by row. */
import { type Data, type Dictionary, makeData, RecordBatch, type Schema, Struct } from "apache-arrow";
import type { RangeSeen } from "../../core/signal.ts";
import type { SiteFacts, SiteProjection } from "../../core/siteFacts.ts";
import { StreamBytes } from "./arrowBytes.ts";
import { setBit } from "./bits.ts";
import { float32Column, textColumn, textIndex, uint32Column } from "./growingColumns.ts";
import { encodeJson } from "./json.ts";
import { projectionText } from "./projectionText.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import { recordingSchema } from "./recordingSchema.ts";
import type { ColumnNumbers } from "./statColumns.ts";

export interface StatEncoder {
  /** The schema, which begins a stream. */
  readonly start: () => Uint8Array;
  /** Adds a row. There must be space. */
  readonly add: (row: RangeSeen) => void;
  /** Number of buffered rows. */
  readonly rows: () => number;
  /** The buffered rows as one record batch, after the dictionaries that have grown. */
  readonly take: () => Uint8Array;
  /** End mark of a stream. */
  readonly end: () => Uint8Array;
}

/** Facts of a site that are unknown, with a bit width that no site has. */
const unknownFacts: SiteFacts = { bits: 0, scheme: "affine" };

/** An encoder with space for `capacity` rows, about 90 bytes each. */
export const statEncoder = (info: SegmentInfo, capacity: number): StatEncoder => {
  const schema: Schema = recordingSchema(info);
  const stream = new StreamBytes();
  const u32 = () => new Uint32Array(capacity);
  const f64 = () => new Float64Array(capacity);
  const i32 = () => new Int32Array(capacity);
  const [step, count, nonFinite, clipped] = [u32(), u32(), u32(), u32()];
  const [min, max, lo, hi, bytesMoved, bytesSaved] = [f64(), f64(), f64(), f64(), f64(), f64()];
  const [site, role, estimator, verdict] = [i32(), i32(), i32(), i32()];
  const [bits, scheme, projection] = [new Uint8Array(capacity), i32(), i32()];
  const isStatic = new Uint8Array(Math.ceil(capacity / 8));
  const [sites, roles, estimators, verdicts] = [textIndex(), textIndex(), textIndex(), textIndex()];
  const [schemes, projections] = [textIndex(), textIndex()];
  const arrays: Readonly<Record<string, ColumnNumbers>> = {
    ...{ step, count, nonFinite, clipped, min, max, lo, hi, bytesMoved, bytesSaved },
    ...{ site, role, estimator, bits, scheme, projection, verdict, isStatic },
  };
  const dictionaries: Readonly<Record<string, ReturnType<typeof textIndex>>> = {
    ...{ site: sites, role: roles, estimator: estimators, verdict: verdicts },
    ...{ scheme: schemes, projection: projections },
  };
  const typeOf = (name: string) => schema.fields.find((field) => field.name === name)!.type;
  const measured = textColumn(capacity);
  const histogramValues = float32Column(capacity, typeOf("histogramValues"));
  const histogramCounts = uint32Column(capacity, typeOf("histogramCounts"));
  const growing = { measured, histogramValues, histogramCounts };
  /** Indices of known projections. Their text is made once and not per row. */
  const known = new Map<SiteProjection | undefined, number>();
  const projectionIndex = (of: SiteProjection | undefined): number => {
    const index = known.get(of) ?? projections.of(projectionText(of));
    known.set(of, index);
    return index;
  };
  let rows = 0;

  const add = (row: RangeSeen): void => {
    const i = rows++;
    const { stat, range } = row;
    const { facts = unknownFacts } = stat;
    step[i] = row.step;
    site[i] = sites.of(row.site);
    role[i] = roles.of(row.role);
    estimator[i] = estimators.of(row.estimator);
    bits[i] = facts.bits;
    scheme[i] = schemes.of(facts.scheme);
    projection[i] = projectionIndex(facts.projection);
    verdict[i] = verdicts.of(row.verdict);
    min[i] = stat.min;
    max[i] = stat.max;
    lo[i] = range.lo;
    hi[i] = range.hi;
    count[i] = stat.count;
    nonFinite[i] = stat.nonFinite;
    clipped[i] = row.clipped;
    bytesMoved[i] = row.bytesMoved;
    bytesSaved[i] = row.bytesSaved;
    measured.set(i, row.measured && encodeJson(row.measured));
    histogramValues.set(i, row.histogram?.values);
    histogramCounts.set(i, row.histogram?.counts);
    setBit(isStatic, i, row.isStatic);
  };

  const take = (): Uint8Array => {
    const children = schema.fields.map(({ name, type }): Data => {
      if (name in growing) return growing[name as keyof typeof growing].take(rows);
      const data = arrays[name]!;
      const dictionary = dictionaries[name]?.dictionary();
      return dictionary === undefined
        ? makeData({ type, length: rows, nullCount: 0, data })
        : makeData({ type: type as Dictionary, length: rows, nullCount: 0, data, dictionary });
    });
    stream.write(
      new RecordBatch(
        schema,
        makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children }),
      ),
    );
    rows = 0;
    return stream.take();
  };

  return {
    start: () => {
      stream.reset(undefined, schema);
      return stream.take();
    },
    add,
    rows: () => rows,
    take,
    end: () => {
      stream.finish();
      return stream.take();
    },
  };
};
