/** @file Which column of a table is what. */
import { type ColumnKind, type ColumnMap, columnKind } from "./columnKinds.ts";
import { failure } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";

export interface StatisticPlace {
  readonly column: number;
  readonly name: string;
  readonly statistic: Statistic;
  /** By what values are multiplied. */
  readonly factor: number;
}

/** Columns by their numbers. A long table has a column that names statistics, and one of their values. */
export interface TableLayout {
  readonly step: number;
  readonly site: number;
  readonly role?: number;
  readonly rank?: number;
  readonly precision?: number;
  readonly coldStart?: number;
  readonly format?: number;
  readonly long?: { readonly statistic: number; readonly value: number };
  readonly statistics: readonly StatisticPlace[];
  readonly unused: readonly string[];
}

const keyOf = (kind: ColumnKind): string => (typeof kind === "string" ? kind : kind.statistic);

/**
 * The layout of a table with these columns.
 *
 * @throws `RangeflowFailure` if it has no step, no site or no statistic, or two columns for one of them
 */
export const tableLayout = (path: string, names: readonly string[], given: ColumnMap): TableLayout => {
  const found = new Map<string, { readonly column: number; readonly kind: ColumnKind }>();
  const unused: string[] = [];
  const givenKeys = new Set([...given.values()].map(keyOf));
  for (const name of given.keys())
    if (!names.includes(name))
      throw failure("--column", `no column "${name}" in ${path}`, `one of ${names.join(", ")}`);
  for (const [column, name] of names.entries()) {
    const kind = columnKind(name, given);
    // A column that is named on the command line stands for others that would mean the same.
    if (kind === undefined || (givenKeys.has(keyOf(kind)) && !given.has(name))) {
      unused.push(name === "" ? "a column without a name" : name);
      continue;
    }
    const key = keyOf(kind);
    const other = found.get(key);
    if (other !== undefined)
      throw failure(
        path,
        `columns ${names[other.column]} and ${name}, both of which may be the ${key}`,
        "one of them",
        `say which: --column ${key}=${name}`,
      );
    found.set(key, { column, kind });
  }
  const at = (key: string): number | undefined => found.get(key)?.column;
  const [step, site, statistic, value] = [at("step"), at("site"), at("statistic"), at("value")];
  const long = statistic !== undefined && value !== undefined ? { statistic, value } : undefined;
  const statistics = [...found.values()].flatMap(({ column, kind }) =>
    typeof kind === "object" ? [{ column, name: names[column] as string, ...kind }] : [],
  );
  if (step === undefined || site === undefined || (long === undefined && statistics.length === 0))
    throw failure(
      path,
      `columns ${names
        .slice(0, 20)
        .map((name) => `"${name}"`)
        .join(", ")}`,
      "step, site and a statistic, such as min and max, amax or scale; or step, site, stat and value",
      "name them: --column step=NAME --column site=NAME",
    );
  const optional = (key: string): object => (at(key) === undefined ? {} : { [key]: at(key) });
  return {
    step,
    site,
    ...optional("role"),
    ...optional("rank"),
    ...optional("precision"),
    ...optional("coldStart"),
    ...optional("format"),
    ...(long && { long }),
    statistics,
    unused: [...unused, ...(long === undefined && value !== undefined ? [names[value] as string] : [])],
  };
};
