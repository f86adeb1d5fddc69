/**
 * @file Columns of an imported recording: Rangeflow's own, with null for unknown values, and what is known of each statistic.
 *
 *     known               minMax, amax, scale, histogram or moments (`Known`); null like minMax
 *     minError, maxError  half-widths of the intervals in which min and max lie; null like 0, exact
 *     coldStart           whether the row is a placeholder of a cold start; null like false
 *     rank                process of a distributed run; null where there was one
 *
 * Step, site, role and verdict are never null. A missing column means null in all rows, and the order of columns does not matter.
 */
import { Bool, type DataType, Dictionary, Field, Float64, Int32, Schema, Utf8 } from "apache-arrow";
import type { SegmentInfo } from "./recordedSegment.ts";
import { foreignOrigin, recordingSchema } from "./recordingSchema.ts";

/** Columns without nulls. */
const required: readonly string[] = ["step", "site", "role", "verdict"];

/** Whether an imported recording may lack a column, or values in it. */
export const isOptional = (name: string): boolean => !required.includes(name);

const column = (name: string, type: DataType): Field => new Field(name, type, true);

/** Schema of an imported recording. */
export const foreignSchema = (info: SegmentInfo): Schema => {
  const { fields, metadata } = recordingSchema(info);
  return new Schema(
    [
      ...fields.map(({ name, type }) => new Field(name, type, isOptional(name))),
      column("known", new Dictionary(new Utf8(), new Int32(), 6)),
      column("minError", new Float64()),
      column("maxError", new Float64()),
      column("coldStart", new Bool()),
      column("rank", new Int32()),
    ],
    new Map([...metadata, ["origin", foreignOrigin]]),
  );
};
