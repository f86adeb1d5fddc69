/** @file Trajectories as Arrow record batches. */
import {
  Bool,
  type DataType,
  Field,
  Float64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Uint32,
  Utf8,
} from "apache-arrow";
import type { ArrowBytes } from "../files/arrowBytes.ts";
import { setBit } from "../files/bits.ts";
import { rowsPerBatch, type TrajectoryEncoder } from "./trajectoryEncoder.ts";

const column = (name: string, type: DataType): Field => new Field(name, type, false);

/** Texts are stored row by row: an Arrow file allows no growing dictionary, and every reader supports plain texts. */
const columns = [
  column("step", new Uint32()),
  column("site", new Utf8()),
  column("role", new Utf8()),
  column("estimator", new Utf8()),
  ...["min", "max", "lo", "hi"].map((name) => column(name, new Float64())),
  column("isStatic", new Bool()),
  column("clipped", new Bool()),
  column("error", new Float64()),
];

const foreignColumns = [
  column("minError", new Float64()),
  column("maxError", new Float64()),
  column("coldStart", new Bool()),
];

const schemaOf = (isForeign: boolean): Schema =>
  new Schema(isForeign ? [...columns, ...foreignColumns] : columns);

const utf8 = new TextEncoder();

/** A column of recurring texts. */
const texts = () => {
  const rows: Uint8Array[] = new Array(rowsPerBatch);
  return {
    set: (i: number, text: Uint8Array): void => {
      rows[i] = text;
    },
    take: (length: number) => {
      const valueOffsets = new Int32Array(length + 1);
      for (let i = 0; i < length; i++) valueOffsets[i + 1] = valueOffsets[i]! + rows[i]!.length;
      const data = new Uint8Array(valueOffsets[length]!);
      for (let i = 0; i < length; i++) data.set(rows[i]!, valueOffsets[i]!);
      return makeData({ type: new Utf8(), length, nullCount: 0, valueOffsets, data });
    },
  };
};

/** A column of bits, least significant bit first. */
const bits = () => {
  const bytes = new Uint8Array(Math.ceil(rowsPerBatch / 8));
  return {
    set: (i: number, isSet: boolean): void => setBit(bytes, i, isSet),
    take: (length: number) => makeData({ type: new Bool(), length, nullCount: 0, data: bytes.slice() }),
  };
};

const floats = () => {
  const values = new Float64Array(rowsPerBatch);
  return {
    set: (i: number, value: number): void => {
      values[i] = value;
    },
    take: (length: number) =>
      makeData({ type: new Float64(), length, nullCount: 0, data: values.slice(0, length) }),
  };
};

/** Rows for an Arrow stream or file. */
export const arrowEncoder = (arrow: ArrowBytes, isForeign: boolean): TrajectoryEncoder => {
  const schema = schemaOf(isForeign);
  const steps = new Uint32Array(rowsPerBatch);
  const [site, role, estimator] = [texts(), texts(), texts()];
  const [min, max, lo, hi, error] = [floats(), floats(), floats(), floats(), floats()];
  const [isStatic, clipped] = [bits(), bits()];
  const [minError, maxError, coldStart] = [floats(), floats(), bits()];
  let rows = 0;
  return {
    start: () => {
      arrow.reset(undefined, schema);
      return arrow.take();
    },
    open: (first, name) => {
      const [ofSite, ofRole, ofEstimator] = [first.site, first.role, name].map((text) => utf8.encode(text));
      return (row, range, wasThere, judgement) => {
        const i = rows++;
        steps[i] = row.step;
        site.set(i, ofSite!);
        role.set(i, ofRole!);
        estimator.set(i, ofEstimator!);
        min.set(i, row.stat.min);
        max.set(i, row.stat.max);
        lo.set(i, range.lo);
        hi.set(i, range.hi);
        isStatic.set(i, wasThere);
        clipped.set(i, judgement.clipped);
        error.set(i, judgement.error);
        if (!isForeign) return;
        minError.set(i, row.foreign?.minError ?? 0);
        maxError.set(i, row.foreign?.maxError ?? 0);
        coldStart.set(i, row.foreign?.coldStart ?? false);
      };
    },
    rows: () => rows,
    take: () => {
      const step = makeData({ type: new Uint32(), length: rows, nullCount: 0, data: steps.slice(0, rows) });
      const ours = [site, role, estimator, min, max, lo, hi, isStatic, clipped, error];
      const others = isForeign ? [...ours, minError, maxError, coldStart] : ours;
      const children = [step, ...others.map(({ take }) => take(rows))];
      const type = new Struct(schema.fields);
      arrow.write(new RecordBatch(schema, makeData({ type, length: rows, nullCount: 0, children })));
      rows = 0;
      return arrow.take();
    },
    end: () => {
      arrow.finish();
      return arrow.take();
    },
  };
};
