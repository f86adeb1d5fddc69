/** @file Foreign recordings for specs: what somebody else may have recorded, as columns and in a directory. */
import { join } from "node:path";
import type { Known } from "../../../core/foreignStat.ts";
import type { Role } from "../../../core/signal.ts";
import { type ForeignRows, foreignRecorder } from "../../../pipelines/files/foreignRecorder.ts";
import { writeImportInfo } from "../../../pipelines/files/importInfo.ts";
import type { TextColumn } from "../../../pipelines/files/statColumns.ts";

/** One statistic as a spec writes it down. */
export interface ForeignRow {
  readonly step: number;
  readonly site: string;
  readonly role?: Role;
  readonly known?: Known;
  readonly min?: number;
  readonly max?: number;
  /** Half-width of both ends. */
  readonly error?: number;
  readonly coldStart?: boolean;
  readonly bits?: number;
}

const textColumn = <T extends string>(values: readonly (T | undefined)[]): TextColumn<T> => {
  const texts = [...new Set(values)].filter((text) => text !== undefined);
  return {
    texts,
    index: Int32Array.from(values, (text) => (text === undefined ? -1 : texts.indexOf(text))),
  };
};

/** Rows as columns. */
export const foreignColumns = (rows: readonly ForeignRow[]): ForeignRows => ({
  rows: rows.length,
  step: Uint32Array.from(rows, ({ step }) => step),
  site: textColumn(rows.map(({ site }) => site)),
  role: textColumn(rows.map(({ role = "gradient" }) => role)),
  known: textColumn(rows.map(({ known }) => known)),
  min: Float64Array.from(rows, ({ min = Number.NaN }) => min),
  max: Float64Array.from(rows, ({ max = Number.NaN }) => max),
  minError: Float64Array.from(rows, ({ error = Number.NaN }) => error),
  maxError: Float64Array.from(rows, ({ error = Number.NaN }) => error),
  coldStart: Uint8Array.from(rows, ({ coldStart }) => (coldStart ? 1 : 0)),
  bits: Uint8Array.from(rows, ({ bits = 0 }) => bits),
});

/** Writes a foreign recording with its `import.json`, as an importer does. */
export const recordForeign = (run: string, ...batches: readonly ForeignRows[]): void => {
  const recorder = foreignRecorder({ dir: join(run, "ranges"), runId: "theirs" });
  for (const batch of batches) recorder.append(batch);
  recorder.close();
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  const sites = new Set(batches.flatMap(({ site }) => site.texts)).size;
  writeImportInfo(run, { format: "spec", rows, sites });
};
