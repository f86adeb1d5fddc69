/** @file Files with statistics, read into one table. */

import { basename } from "node:path";
import { conflict, RangeflowFailure } from "../../core/errors.ts";
import type { ColumnMap } from "./columnKinds.ts";
import { formatOf } from "./formats.ts";
import type { StopSignal } from "./importOptions.ts";
import type { FoundSource, ReadSource } from "./places.ts";
import { openSource } from "./source.ts";
import type { Unused } from "./statisticBatch.ts";
import type { StatisticTable } from "./statisticTable.ts";

/** A file that was read. */
export interface ReadFile {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Numbers in it, used or not. */
  readonly values: number;
}

/** What files were read. */
export interface ReadFiles {
  readonly files: readonly ReadFile[];
  /** Files that may be cut: texts whose last line has no line end, Arrow streams without the mark of their end. */
  readonly unended: readonly string[];
  /** Files that have no steps, so that their epochs are taken for them. */
  readonly epochs: readonly string[];
}

/** The rank that a path tells, as of `logs/rank_1/stats.csv`; -1 without one. */
const rankIn = (path: string): number => {
  const found = [...path.matchAll(/(?:^|[^a-z])(?:global)?rank[_-]?(\d{1,6})(?!\d)/gi)].at(-1);
  return found === undefined ? -1 : Number(found[1]);
};

/**
 * Opens files and finds out their formats.
 *
 * @param format that of all of them, where it is said
 * @param columns names of columns that are said, which only tables and JSON lines have
 * @throws `RangeflowFailure` if a file is of no known format, or has no columns where some are said
 */
export const openSources = async (
  paths: readonly string[],
  format: string | undefined,
  columns: ColumnMap,
): Promise<readonly FoundSource[]> => {
  const found: FoundSource[] = [];
  for (const path of paths) {
    const source = await openSource(path);
    found.push({ source, format: formatOf(source, format), rank: rankIn(path) });
  }
  const withoutColumns = found.find(({ format }) => columns.size > 0 && !format.hasColumns);
  if (withoutColumns !== undefined)
    throw new RangeflowFailure(
      conflict(
        "--column",
        `requires a table or JSON lines, but ${withoutColumns.source.path} is of the format ${withoutColumns.format.name}`,
        "leave it out",
      ),
    );
  return found;
};

/**
 * Reads files into a table.
 *
 * @param unused counts the values that are of no use here
 * @throws `RangeflowFailure` that names the file and the line; the reason of the signal
 */
export const readStatistics = async (
  sources: readonly ReadSource[],
  table: StatisticTable,
  columns: ColumnMap,
  unused: Unused,
  signal: StopSignal | undefined,
): Promise<ReadFiles> => {
  const valuesRead = (): number => [...unused.values()].reduce((sum, count) => sum + count, table.values);
  const [files, unended, epochs]: [ReadFile[], string[], string[]] = [[], [], []];
  for (const { source, format, rank, isUndone } of sources) {
    const { path, bytes, sha256 } = source;
    const name = basename(path);
    const before = valuesRead();
    table.begin(path, format.place, rank);
    await format.read(source, {
      columns,
      unused,
      isUndone,
      expect: (rows) => table.expect(rows),
      unended: () => unended.push(name),
      tookEpochs: () => epochs.push(name),
      take: (batch) => {
        signal?.throwIfAborted();
        table.add(batch);
      },
    });
    table.end();
    files.push({ name, format: format.name, bytes, sha256, values: valuesRead() - before });
  }
  return { files, unended, epochs };
};
