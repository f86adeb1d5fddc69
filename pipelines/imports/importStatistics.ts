/** @file Imports statistics of other programs as a recording for `replay`. */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { conflict, RangeflowFailure } from "../../core/errors.ts";
import { roles as allRoles, type Role } from "../../core/signal.ts";
import { foreignRecorder } from "../files/foreignRecorder.ts";
import { writeImportInfo } from "../files/importInfo.ts";
import { runNames } from "../files/runNames.ts";
import { sha256Of } from "../files/sha256.ts";
import { version } from "../version.ts";
import { columnMapOf } from "./columnKinds.ts";
import { explained } from "./explained.ts";
import { importedRows, type RowParts, unknownColumns } from "./importedRows.ts";
import { checkOptions, type ImportOptions, type StopSignal } from "./importOptions.ts";
import { logFiles } from "./logDirectory.ts";
import { leftBehind, writeRun } from "./newRun.ts";
import type { ReadSource } from "./places.ts";
import type { PrintedColumn } from "./precision.ts";
import { openSources, type ReadFiles, readStatistics } from "./readStatistics.ts";
import { withRestarts } from "./restarts.ts";
import { noRows, type RowCounts } from "./rowCounts.ts";
import { siteMapOf } from "./siteMap.ts";
import { type SiteNames, siteNames } from "./siteNames.ts";
import { failure } from "./source.ts";
import type { Unused } from "./statisticBatch.ts";
import { StatisticTable } from "./statisticTable.ts";

/** What an import has read and written. */
export interface ImportSummary extends RowCounts, ReadFiles {
  /** Directory of the run. */
  readonly dir: string;
  /** Number of sites by role. */
  readonly sites: Readonly<Record<Role, number>>;
  /** Columns of files that were found to be printed with a fixed number of decimals. */
  readonly printed: readonly PrintedColumn[];
  /** Runs below a TensorBoard directory that is itself a run. They were not read. */
  readonly passedOver: readonly string[];
  /** Number of repeated values that were equal to the first. */
  readonly repeatedEqual: number;
  /** Number of repeated values that differed, of which one was taken. */
  readonly repeatedOther: number;
  /**
   * Number of tensors whose min and max are stated less often than other, differing statistics of them, so that these may belong to two
   * tensors.
   */
  readonly repeatedMixed: number;
  /** Numbers of ignored values, by their names in the files. */
  readonly unused: Readonly<Record<string, number>>;
  /** Names of incomplete directories that killed imports have left next to the run. */
  readonly leftBehind: readonly string[];
}

const sitesByRole = ({ roles, roleOf }: SiteNames): Readonly<Record<Role, number>> =>
  Object.fromEntries(
    allRoles.map((role) => [role, roleOf.filter((of) => roles[of] === role).length]),
  ) as Record<Role, number>;

/** Identity of an import: its files, and all options that affect the result. */
const runIdOf = (sources: readonly ReadSource[], { out: _, ...options }: ImportOptions): string =>
  sha256Of(JSON.stringify([sources.map(({ source }) => source.sha256), options])).slice(0, 16);

/** Writes the rows of an import as a recording. Nothing is left of it if that fails. */
const recordRows = async (
  dir: string,
  runId: string,
  parts: RowParts,
  signal: StopSignal | undefined,
): Promise<void> => {
  const recorder = foreignRecorder({ dir, runId, unknown: unknownColumns(parts) });
  try {
    for (const rows of importedRows(parts)) {
      recorder.append(rows);
      await setImmediate();
      signal?.throwIfAborted();
    }
    recorder.close();
  } catch (error) {
    recorder.discard();
    throw error;
  }
};

/**
 * Imports statistics of other programs (CSV, JSON lines, Parquet, Arrow, logs of TransformerEngine, TensorBoard and Weights & Biases) as
 * a recording, which `replay` takes like one of a run. Statistics keep the precision that the files state, and everything that is left
 * out is counted.
 *
 * Memory: about 40 bytes per row, 24 more with printed numbers.
 *
 * @param paths files, or a TensorBoard directory with the event files of one run; a path such as `rank_1/stats.csv` states a rank
 * @param options directory of the run to create, and how to read the files
 * @param signal stops the import at any time. Default: none
 * @returns what was read and written
 * @throws `RangeflowFailure` that names file and line, or the reason of the signal; nothing is written then
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
  const sources = await withRestarts(await openSources(files, options.format, columns));
  try {
    const read = await readStatistics(sources, table, columns, unused, signal);
    if (options.numberFormat !== undefined && !table.hasColumn("scale"))
      throw new RangeflowFailure(
        conflict("--number-format", "has no effect on files without scales", "leave it out"),
      );
    const names = siteNames(table.sites.all, { mappings, ranks });
    const summary = (): ImportSummary => ({
      dir: out,
      ...read,
      ...counts,
      sites: sitesByRole(names),
      printed: table.printed,
      passedOver,
      repeatedEqual: table.repeatedEqual,
      repeatedOther: table.repeatedOther,
      repeatedMixed: table.repeatedMixed,
      unused: Object.fromEntries(unused),
      leftBehind: leftBehind(out),
    });
    const parts: RowParts = {
      table,
      names,
      format: options.numberFormat,
      isMerged: ranks === "merge",
      counts,
      unused,
    };
    await writeRun(out, async (dir) => {
      const ranges = join(dir, runNames.ranges);
      await recordRows(ranges, runIdOf(sources, options), parts, signal);
      if (counts.rows === 0)
        throw failure(
          files.join(", "),
          "no tensor with min and max, amax, a scale, a histogram, or mean and standard deviation",
          "statistics that give the range of a tensor",
        );
      const { out: _, ...said } = options;
      const { dir: _dir, files: _files, sites, leftBehind: _left, ...facts } = summary();
      const info = {
        format: [...new Set(read.files.map(({ format }) => format))].join(", "),
        rows: counts.rows,
        sites: names.paths.length,
        made: new Date().toISOString(),
        by: `rangeflow ${version}`,
        files: read.files,
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
