/** @file Statistics that others have recorded, made into a recording that `replay` takes. */
import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { roles as allRoles, type Role } from "../../core/signal.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { foreignRecorder } from "../files/foreignRecorder.ts";
import { writeImportInfo } from "../files/importInfo.ts";
import { runNames } from "../files/runNames.ts";
import { sha256Of } from "../files/sha256.ts";
import { version } from "../version.ts";
import { columnMapOf } from "./columnKinds.ts";
import { explained } from "./explained.ts";
import { formatOf } from "./formats.ts";
import { importedRows, unknownColumns } from "./importedRows.ts";
import { logFiles } from "./logDirectory.ts";
import { checkFree, leftBehind, writeRun } from "./newRun.ts";
import { numberFormat } from "./numberFormats.ts";
import type { FoundSource, ReadSource } from "./places.ts";
import { checkPrecision, type Precision, type PrintedColumn } from "./precision.ts";
import { type Repeated, repeatedNames } from "./repeated.ts";
import { withRestarts } from "./restarts.ts";
import { noRows, type RowCounts } from "./rowCounts.ts";
import { siteMapOf } from "./siteMap.ts";
import { type Ranks, rankNames, type SiteNames, siteNames } from "./siteNames.ts";
import { failure, openSource } from "./source.ts";
import type { Unused } from "./statisticBatch.ts";
import { StatisticTable } from "./statisticTable.ts";

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

/** What an import has read and written. */
export interface ImportSummary extends RowCounts {
  /** Directory of the run. */
  readonly dir: string;
  readonly files: readonly {
    readonly name: string;
    readonly format: string;
    readonly bytes: number;
    readonly sha256: string;
    /** Numbers in it, used or not. */
    readonly values: number;
  }[];
  /** Number of sites by role. */
  readonly sites: Readonly<Record<Role, number>>;
  /** Columns of files that were found to be printed with fixed decimals. */
  readonly printed: readonly PrintedColumn[];
  /** Files that may be cut: texts whose last line has no line end, Arrow streams without the mark of their end. */
  readonly unended: readonly string[];
  /** Runs below a directory of TensorBoard that is a run itself, which are not read. */
  readonly passedOver: readonly string[];
  /** Files that have no steps, so that their epochs are taken for them. */
  readonly epochs: readonly string[];
  /** Values that files say twice: equal ones, and others, of which one was taken. */
  readonly repeatedEqual: number;
  readonly repeatedOther: number;
  /** Tensors whose ends files say less often than other things of them that differ, so that they may be of two tensors. */
  readonly repeatedMixed: number;
  /** Values that are of no use here, by what files call them. */
  readonly unused: Readonly<Record<string, number>>;
  /** Names of what imports that were killed have left half written beside the run. */
  readonly leftBehind: readonly string[];
}

/** The rank that a path tells, as of `logs/rank_1/stats.csv`; -1 without one. */
const rankIn = (path: string): number => {
  const found = [...path.matchAll(/(?:^|[^a-z])(?:global)?rank[_-]?(\d{1,6})(?!\d)/gi)].at(-1);
  return found === undefined ? -1 : Number(found[1]);
};

const sitesByRole = ({ roles, roleOf }: SiteNames): Readonly<Record<Role, number>> =>
  Object.fromEntries(
    allRoles.map((role) => [role, roleOf.filter((of) => roles[of] === role).length]),
  ) as Record<Role, number>;

/** Refuses options that cannot be, before a file is read. */
const checkOptions = (
  files: readonly string[],
  { out, numberFormat: format, precision, repeated, ranks }: ImportOptions,
): void => {
  if (files.length === 0) throw failure("rangeflow import", "no file", "files with statistics");
  const twice = files.find((file, i) => files.indexOf(file) < i);
  if (twice !== undefined) throw failure(twice, "the file twice", "each file once");
  checkDirectory("--out", out);
  checkFree(out);
  if (format !== undefined) numberFormat("--number-format", format, "weight");
  if (precision !== undefined) checkPrecision(precision);
  if (repeated !== undefined && !repeatedNames.includes(repeated))
    throw failure("--repeated", `"${repeated}"`, repeatedNames.join(", "));
  if (ranks !== undefined && !rankNames.includes(ranks))
    throw failure("--ranks", `"${ranks}"`, rankNames.join(" or "));
};

/** What tells this import from others: its files and whatever decides what becomes of them. */
const runIdOf = (sources: readonly ReadSource[], { out: _, ...options }: ImportOptions): string =>
  sha256Of(JSON.stringify([sources.map(({ source }) => source.sha256), options])).slice(0, 16);

/**
 * Reads statistics that others have recorded (CSV, JSON lines, Parquet, Arrow, logs of TransformerEngine, TensorBoard and Weights & Biases) and makes
 * a recording of them, which `replay` takes like one of a run. What files say is recorded as exactly as they say it, and nothing is left out without
 * being counted.
 *
 * Memory: about 40 bytes a row, 24 more with printed numbers.
 *
 * @param paths files, or a directory of TensorBoard with the event files of one run; a path such as `rank_1/stats.csv` tells a rank
 * @param signal stops the import where it is
 * @returns what was read and written
 * @throws `RangeflowFailure` that names the file and the line, or the reason of the signal; then nothing is written
 * @example not run: it reads files
 * const { rows, coldStarts } = await importStatistics(["te_llama3.log"], { out: "runs/theirs" });
 * @see docs/foreign-recordings.md
 */
export const importStatistics = async (
  paths: readonly string[],
  options: ImportOptions,
  signal?: StopSignal,
): Promise<ImportSummary> => {
  const { files, passedOver } = logFiles(paths);
  checkOptions(files, options);
  const { out, precision = "auto", repeated = "refuse", ranks = "separate" } = options;
  const columns = columnMapOf(options.columns ?? {});
  const mappings = siteMapOf(options.map ?? {});
  const table = new StatisticTable({
    repeated,
    precision,
    isFormatSaid: options.numberFormat !== undefined,
  });
  const [unused, counts]: [Unused, RowCounts] = [new Map(), noRows()];
  const [unended, epochs]: [string[], string[]] = [[], []];
  const found: FoundSource[] = [];
  for (const path of files) {
    const source = await openSource(path);
    found.push({ source, format: formatOf(source, options.format), rank: rankIn(path) });
  }
  const withoutColumns = found.find(({ format }) => columns.size > 0 && !format.hasColumns);
  if (withoutColumns !== undefined)
    throw failure(
      "--column",
      `it for ${withoutColumns.source.path}, which is of the format ${withoutColumns.format.name}`,
      "a table or JSON lines",
      "leave it out",
    );
  const sources = await withRestarts(found);
  const valuesRead = (): number => [...unused.values()].reduce((sum, count) => sum + count, table.values);
  const described: ImportSummary["files"][number][] = [];
  try {
    for (const { source, format, rank, isUndone } of sources) {
      const before = valuesRead();
      table.begin(source.path, format.place, rank);
      await format.read(source, {
        columns,
        unused,
        isUndone,
        expect: (rows) => table.expect(rows),
        unended: () => unended.push(basename(source.path)),
        tookEpochs: () => epochs.push(basename(source.path)),
        take: (batch) => {
          signal?.throwIfAborted();
          table.add(batch);
        },
      });
      table.end();
      const { path, bytes, sha256 } = source;
      described.push({
        name: basename(path),
        format: format.name,
        bytes,
        sha256,
        values: valuesRead() - before,
      });
    }
    if (options.numberFormat !== undefined && !table.hasColumn("scale"))
      throw failure("--number-format", "it where no scale is", "files with scales", "leave it out");
    const names = siteNames(table.sites.all, { mappings, ranks });
    const summary = (): ImportSummary => ({
      dir: out,
      files: described,
      ...counts,
      sites: sitesByRole(names),
      printed: table.printed,
      passedOver,
      unended,
      epochs,
      repeatedEqual: table.repeatedEqual,
      repeatedOther: table.repeatedOther,
      repeatedMixed: table.repeatedMixed,
      unused: Object.fromEntries(unused),
      leftBehind: leftBehind(out),
    });
    await writeRun(out, async (dir) => {
      const parts = {
        table,
        names,
        format: options.numberFormat,
        isMerged: ranks === "merge",
        counts,
        unused,
      };
      const recorder = foreignRecorder({
        dir: join(dir, runNames.ranges),
        runId: runIdOf(sources, options),
        unknown: unknownColumns(parts),
      });
      try {
        for (const rows of importedRows(parts)) {
          recorder.append(rows);
          await setImmediate();
          signal?.throwIfAborted();
        }
        if (counts.rows === 0)
          throw failure(
            files.join(", "),
            "no tensor with min and max, amax, a scale, a histogram, or mean and standard deviation",
            "statistics that say how wide tensors are",
          );
        recorder.close();
      } catch (error) {
        recorder.discard();
        throw error;
      }
      const { out: _, ...said } = options;
      const { dir: _dir, files: _files, sites, leftBehind: _left, ...facts } = summary();
      const info = {
        format: [...new Set(described.map(({ format }) => format))].join(", "),
        rows: counts.rows,
        sites: names.paths.length,
        made: new Date().toISOString(),
        by: `rangeflow ${version}`,
        files: described,
        options: said,
        found: { ...facts, sitesByRole: sites },
      };
      writeImportInfo(dir, info);
    });
    return summary();
  } catch (error) {
    throw await explained(error, table, sources, columns);
  }
};
