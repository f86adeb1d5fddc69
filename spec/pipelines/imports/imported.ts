/** @file What the specs of imports share: texts as files, and the rows that become of them. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import type { ImportOptions } from "../../../pipelines/imports/importOptions.ts";
import { type ImportSummary, importStatistics } from "../../../pipelines/imports/importStatistics.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { scratch } from "../files/scratch.ts";

/** A file with these contents, in a new directory. */
export const fileWith = (contents: string | Uint8Array, name = "theirs.txt"): string => {
  const path = join(scratch(), name);
  writeFileSync(path, contents);
  return path;
};

export interface Imported {
  readonly summary: ImportSummary;
  readonly rows: readonly RangeSeen[];
}

/** The summary of an import, and the rows of the run that it has made. */
export const importedFiles = async (
  files: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<Imported> => {
  const out = join(scratch(), "run");
  const summary = await importStatistics(files, { out, ...options });
  return { summary, rows: [...recordingOf(out).rows()] };
};

/** The same of one file with these contents. */
export const imported = (
  contents: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<Imported> => importedFiles([fileWith(contents)], options);

/** A row in a few words: step, site, role, ends. */
export const shortly = ({ step, site, role, stat: { min, max } }: RangeSeen): readonly unknown[] => [
  step,
  site,
  role,
  min,
  max,
];

/** The sentence with which an import fails, without the paths of its files; nothing is left behind. */
export const refusalOfFiles = async (
  files: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<string> => {
  const home = scratch();
  try {
    await importStatistics(files, { out: join(home, "run"), ...options });
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw error;
    assert.match(error.message, /^[^\n]+(: [^\n]+, expected| has no effect| requires) [^\n]+\.$/);
    assert.equal(readdirSync(home), [], "nothing half written");
    return files.reduce((text, file) => text.replaceAll(file, "FILE"), error.message);
  }
  assert.unreachable("expected a refusal");
  return "";
};

export const refusal = (
  contents: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<string> => refusalOfFiles([fileWith(contents)], options);
