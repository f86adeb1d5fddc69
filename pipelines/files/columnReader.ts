/** @file Reads the columns of a recording from Arrow record batches. Everything that is used as an index later is checked here. */
import type { RecordBatch } from "apache-arrow";
import * as E from "fp-ts/lib/Either.js";
import { type Known, knownNames } from "../../core/foreignStat.ts";
import { isBits } from "../../core/qparams.ts";
import type { Verdict } from "../../core/range.ts";
import { type Scheme, schemeNames } from "../../core/scheme.ts";
import { type Role, roles } from "../../core/signal.ts";
import { columnAccess } from "./columnAccess.ts";
import { projectionIn } from "./projectionText.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import { verdicts } from "./recordingSchema.ts";
import type { ForeignStatColumns, ProjectionColumn, StatColumns } from "./statColumns.ts";

/**
 * Makes the function that reads the columns of a segment's record batches, in order.
 *
 * @param path the segment, for messages
 * @param info its first step, and whether it is imported
 */
export const columnReader = (path: string, info: SegmentInfo): ((batch: RecordBatch) => StatColumns) => {
  const { wrong, numbers, text, lists, bits } = columnAccess(path, info);

  const projections = (batch: RecordBatch): ProjectionColumn => {
    const column = text<string>(batch, "projection", "");
    const projections = column.texts.map((one) => {
      const found = projectionIn(one);
      if (E.isLeft(found)) throw wrong("projection", `with ${found.left}`);
      return found.right;
    });
    return { ...column, projections };
  };

  let lastStep = info.firstStep;
  const steps = (batch: RecordBatch): Uint32Array => {
    const step = numbers(batch, "step", Uint32Array);
    for (let i = 0; i < batch.numRows; i++) {
      if ((step[i] as number) < lastStep) throw wrong("step", `with ${step[i]} after ${lastStep}`);
      lastStep = step[i] as number;
    }
    return step;
  };
  const histograms = (batch: RecordBatch): Pick<StatColumns, "histogramValues" | "histogramCounts"> => {
    const histogramValues = lists(batch, "histogramValues", Float32Array);
    const histogramCounts = lists(batch, "histogramCounts", Uint32Array);
    for (let i = 0; i <= batch.numRows; i++)
      if (
        (histogramValues.offsets[i] as number) - (histogramValues.offsets[0] as number) !==
        (histogramCounts.offsets[i] as number) - (histogramCounts.offsets[0] as number)
      )
        throw wrong("histogramCounts", "with other lengths than histogramValues");
    return { histogramValues, histogramCounts };
  };
  /** Half-widths; negative or NaN means none. */
  const errors = (batch: RecordBatch, name: string): Float64Array => {
    const values = numbers(batch, name, Float64Array);
    for (let i = 0; i < batch.numRows; i++)
      if (!((values[i] as number) >= 0)) throw wrong(name, `with ${values[i]}`);
    return values;
  };
  /** Bit widths of sites. In an imported recording those of a grid, or none. */
  const widths = (batch: RecordBatch): Uint8Array => {
    const values = numbers(batch, "bits", Uint8Array);
    for (let i = 0; info.isForeign && i < batch.numRows; i++)
      if (values[i] !== 0 && !isBits(values[i] as number))
        throw wrong("bits", `with ${values[i]}, where grids have 2 to 8`);
    return values;
  };
  const foreign = (batch: RecordBatch): ForeignStatColumns => ({
    known: text<Known>(batch, "known", "minMax", knownNames),
    minError: errors(batch, "minError"),
    maxError: errors(batch, "maxError"),
    coldStart: bits(batch, "coldStart"),
    rank: numbers(batch, "rank", Int32Array, -1),
  });

  return (batch) => ({
    rows: batch.numRows,
    step: steps(batch),
    site: text<string>(batch, "site", ""),
    role: text<Role>(batch, "role", "activation", roles),
    estimator: text<string>(batch, "estimator", ""),
    bits: widths(batch),
    scheme: text<Scheme>(batch, "scheme", "affine", schemeNames),
    projection: projections(batch),
    verdict: text<Verdict>(batch, "verdict", "observed", verdicts),
    min: numbers(batch, "min", Float64Array, Number.NaN),
    max: numbers(batch, "max", Float64Array, Number.NaN),
    lo: numbers(batch, "lo", Float64Array, Number.NaN),
    hi: numbers(batch, "hi", Float64Array, Number.NaN),
    count: numbers(batch, "count", Uint32Array),
    nonFinite: numbers(batch, "nonFinite", Uint32Array),
    clipped: numbers(batch, "clipped", Uint32Array),
    bytesMoved: numbers(batch, "bytesMoved", Float64Array),
    bytesSaved: numbers(batch, "bytesSaved", Float64Array),
    isStatic: bits(batch, "isStatic"),
    measured: lists(batch, "measured", Uint8Array),
    ...histograms(batch),
    ...(info.isForeign && { foreign: foreign(batch) }),
  });
};
