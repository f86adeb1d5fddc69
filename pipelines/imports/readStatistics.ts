/** @file Reads files with statistics into one table. */
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
  /** Number of values in it, used or not. */
  readonly values: number;
}

/** The files that were read. */
export interface ReadFiles {
  readonly files: readonly ReadFile[];
  /** Files that may be truncated: texts whose last line has no line end, Arrow streams without an end mark. */
  readonly unended: readonly string[];
  /** Files without steps, whose epochs were used instead. */
  readonly epochs: readonly string[];
}

/** The rank in a path, such as `logs/rank_1/stats.csv`; -1 without one. */
const rankIn = (path: string): number => {
  const found = [...path.matchAll(/(?:^|[^a-z])(?:global)?rank[_-]?(\d{1,6})(?!\d)/gi)].at(-1);
  return found === undefined ? -1 : Number(found[1]);
};

/**
 * Opens files and detects their formats.
 *
 * @param format format of all files, if the user has given it
 * @param columns column names that the user has given, which apply to tables and JSON lines only
 * @throws `RangeflowFailure` if a file has no known format, or columns are given for a file without any
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
 * @param unused counts the ignored values
 * @throws `RangeflowFailure` that names file and line; the reason of the signal
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
