/** @file Layout of a table: the meaning of its columns. */
import { type ColumnKind, type ColumnMap, columnKind, isEpoch } from "./columnKinds.ts";
import { failure } from "./source.ts";
import type { StatisticPlace } from "./statisticBatch.ts";
import { type WideSite, wideSites } from "./wideSites.ts";

/** Columns that rows of all tables may have. */
interface RowColumns {
  readonly step: number;
  /** Whether epochs serve as steps, because there is no column of steps. */
  readonly hasEpochs: boolean;
  readonly role?: number;
  readonly rank?: number;
  readonly precision?: number;
  readonly coldStart?: number;
  readonly format?: number;
  readonly unused: readonly string[];
}

/** Columns of a table with a row per tensor, or per number, in which case one column names statistics and one has their values. */
export interface SiteColumns extends RowColumns {
  readonly site: number;
  readonly long?: { readonly statistic: number; readonly value: number };
  readonly statistics: readonly StatisticPlace[];
  readonly histogram?: { readonly bins: number; readonly counts: number };
}

/** Columns of a table with a row per step, and columns for each tensor, such as `conv1.input.min`. */
export interface StepColumns extends RowColumns {
  readonly wide: readonly WideSite[];
}

/**
 * Columns of a table with a row per number, whose names contain site and statistic, as readers of logs return them: `tag`, `step`,
 * `value`.
 */
export interface ScalarColumns extends RowColumns {
  readonly name: number;
  readonly value: number;
}

/** Columns by number. */
export type TableLayout = SiteColumns | StepColumns | ScalarColumns;

const keyOf = (kind: ColumnKind): string => (typeof kind === "string" ? kind : kind.statistic);

const optionalColumns = ["role", "rank", "precision", "coldStart", "format"] as const;

const textOf = (name: string): string => (name === "" ? "a column without a name" : name);

/** Columns with a meaning, by meaning, and columns without one. */
const sorted = (path: string, names: readonly string[], given: ColumnMap) => {
  const found = new Map<string, { readonly column: number; readonly kind: ColumnKind }>();
  const others: number[] = [];
  const givenKeys = new Set([...given.values()].map(keyOf));
  for (const name of given.keys())
    if (!names.includes(name))
      throw failure("--column", `no column "${name}" in ${path}`, `one of ${names.join(", ")}`);
  for (const [column, name] of names.entries()) {
    const kind = columnKind(name, given);
    // A column that the user has named replaces others with the same meaning.
    if (kind === undefined || (givenKeys.has(keyOf(kind)) && !given.has(name))) {
      others.push(column);
      continue;
    }
    const key = keyOf(kind);
    const other = found.get(key);
    if (other !== undefined)
      throw failure(
        path,
        `columns ${names[other.column]} and ${name}, both of which may be the ${key}`,
        "one of them",
        name === names[other.column] ? "give them different names" : `choose one: --column ${key}=${name}`,
      );
    found.set(key, { column, kind });
  }
  return { found, others };
};

/**
 * The layout of a table with these columns.
 *
 * @param hasLists whether cells may be lists, for example histograms
 * @throws `RangeflowFailure` if step, site or statistic is missing, or two columns have the same meaning
 */
export const tableLayout = (
  path: string,
  names: readonly string[],
  given: ColumnMap,
  hasLists = false,
): TableLayout => {
  const { found, others } = sorted(path, names, given);
  const at = (key: string): number | undefined => found.get(key)?.column;
  const epoch =
    at("step") === undefined ? others.find((column) => isEpoch(names[column] as string)) : undefined;
  const [step, site] = [at("step") ?? epoch, at("site")];
  const pair = <A extends string, B extends string>(a: A, b: B): Record<A | B, number> | undefined =>
    at(a) === undefined || at(b) === undefined
      ? undefined
      : ({ [a]: at(a), [b]: at(b) } as Record<A | B, number>);
  const long = pair("statistic", "value");
  const histogram = hasLists ? pair("bins", "counts") : undefined;
  const statistics = [...found.values()].flatMap(({ column, kind }) =>
    typeof kind === "object" ? [{ column, ...kind }] : [],
  );
  const wide = site === undefined && long === undefined ? wideSites(path, names, others) : [];
  const isOfTensors = long !== undefined || histogram !== undefined || statistics.length > 0;
  const value = isOfTensors ? undefined : at("value");
  const isUseful = isOfTensors || value !== undefined;
  if (step === undefined || (wide.length === 0 && (site === undefined || !isUseful)))
    throw failure(
      path,
      `columns ${names
        .slice(0, 20)
        .map((name) => `"${name}"`)
        .join(", ")}`,
      "step, site and a statistic, such as min and max, amax or scale; or step, site, stat and value; or step, value and tags such as conv1/input/min; or step and columns of such names",
      "name them: --column step=NAME --column site=NAME",
    );
  const common = optionalColumns.flatMap((key) => (at(key) === undefined ? [] : [[key, at(key)] as const]));
  const places: readonly (number | undefined)[] =
    site === undefined
      ? wide.flatMap((one) => one.statistics.map(({ column }) => column))
      : [
          ...[site, value, long?.statistic, long?.value, histogram?.bins, histogram?.counts],
          ...statistics.map(({ column }) => column),
        ];
  const used = new Set([step, ...common.map(([, column]) => column), ...places]);
  const row: RowColumns = {
    ...{ step, hasEpochs: step === epoch },
    ...Object.fromEntries(common),
    unused: names.filter((_, column) => !used.has(column)).map(textOf),
  };
  if (site === undefined) return { ...row, wide };
  if (value !== undefined) return { ...row, name: site, value };
  return { ...row, site, ...(long && { long }), ...(histogram && { histogram }), statistics };
};
