/** @file Options of an import. */
import { checkDirectory } from "../files/checkDirectory.ts";
import { checkFree } from "./newRun.ts";
import { numberFormat } from "./numberFormats.ts";
import { checkPrecision, type Precision } from "./precision.ts";
import { type Repeated, repeatedNames } from "./repeated.ts";
import { type Ranks, rankNames } from "./siteNames.ts";
import { failure } from "./source.ts";

/** Options of `importStatistics`. */
export interface ImportOptions {
  /** Directory of the run to create. It must not exist. */
  readonly out: string;
  /** Format of all files, such as `csv`. Default: detected from the contents of each file. */
  readonly format?: string;
  /**
   * Roles of sites, and optionally new names, by patterns of their names: `{ "fc*": "activation", "gradients/*": "gradient:*.grad" }`.
   * Later patterns override earlier ones. Default: the role is inferred from the name.
   */
  readonly map?: Readonly<Record<string, string>>;
  /** Names of columns by their meaning, such as `{ step: "iter" }`. Default: common names are recognized. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Number format of scales: `hybrid`, `e4m3`, `e5m2`, `int8`, `uint4`, .. Default: as the files state it. */
  readonly numberFormat?: string;
  /** Precision of printed numbers (docs/foreign-recordings.md). Default: `auto`. */
  readonly precision?: Precision;
  /** What to do with a second, different value of a statistic for the same site and step. Default: `refuse`. */
  readonly repeated?: Repeated;
  /** What to do with the ranks of a distributed run: `separate` sites, or `merge` them into one. Default: `separate`. */
  readonly ranks?: Ranks;
}

/** Stops an import, for example an `AbortSignal`. */
export interface StopSignal {
  /** Throws the reason once the import has to stop. */
  readonly throwIfAborted: () => void;
}

/** Refuses invalid options before any file is read. */
export const checkOptions = (
  files: readonly string[],
  { out, numberFormat: format, precision, repeated, ranks }: ImportOptions,
): void => {
  if (files.length === 0) throw failure("rangeflow import", "no file", "files with statistics");
  const twice = files.find((file, i) => files.indexOf(file) < i);
  if (twice !== undefined) throw failure(twice, "given twice", "each file once");
  checkDirectory("--out", out);
  checkFree(out);
  if (format !== undefined) numberFormat("--number-format", format, "weight");
  if (precision !== undefined) checkPrecision(precision);
  if (repeated !== undefined && !repeatedNames.includes(repeated))
    throw failure("--repeated", `"${repeated}"`, repeatedNames.join(", "));
  if (ranks !== undefined && !rankNames.includes(ranks))
    throw failure("--ranks", `"${ranks}"`, rankNames.join(" or "));
};
