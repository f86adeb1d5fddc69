/** @file How files with statistics are imported. */
import { checkDirectory } from "../files/checkDirectory.ts";
import { checkFree } from "./newRun.ts";
import { numberFormat } from "./numberFormats.ts";
import { checkPrecision, type Precision } from "./precision.ts";
import { type Repeated, repeatedNames } from "./repeated.ts";
import { type Ranks, rankNames } from "./siteNames.ts";
import { failure } from "./source.ts";

/** How files are imported. */
export interface ImportOptions {
  /** Directory of the run to make; nothing may be there. */
  readonly out: string;
  /** Format of all files, such as `csv`; found out from the contents of each where it is missing. */
  readonly format?: string;
  /** Roles of sites by patterns of their names, such as `{ "fc*": "activation", "gradients/*": "gradient:*.grad" }`; a later pattern goes first. */
  readonly map?: Readonly<Record<string, string>>;
  /** Names of columns by what they mean, such as `{ step: "iter" }`. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Number format that scales are of: `hybrid`, `e4m3`, `e5m2`, `int8`, `uint4`, ..; files may say it themselves. */
  readonly numberFormat?: string;
  /** How exact printed numbers are (docs/foreign-recordings.md); `auto` where it is missing. */
  readonly precision?: Precision;
  /** What becomes of a second value of one statistic of a site and step; refused where it is missing. */
  readonly repeated?: Repeated;
  /** What becomes of the ranks of a distributed run: sites of their own, as where it is missing, or one together. */
  readonly ranks?: Ranks;
}

/** What stops an import, such as an `AbortSignal`. */
export interface StopSignal {
  /** Throws why, once it is to stop. */
  readonly throwIfAborted: () => void;
}

/** Refuses options that cannot be, before a file is read. */
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
