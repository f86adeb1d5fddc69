/**
 * @file Columns of numbers over time, folded into a bounded number of buckets. Of all values in a bucket the minimum, the maximum and the
 *   sum are kept, so that a chart of buckets shows every extreme.
 *
 * A bucket covers `width` steps, a power of two. When time exceeds the last bucket, pairs are merged and the width doubles, so the
 * columns of a run in progress equal those of a finished one. Each bucket stores the version in which it last changed, so that a reader
 * of an earlier version needs only newer buckets.
 */

/** How values in one bucket are combined. NaN means that there is none, and gives way to any number. */
export type Fold = "sum" | "least" | "greatest" | "last";

/** Names of columns, and the fold of each. */
export type Folds = Readonly<Record<string, Fold>>;

/** One array per column, with one number per bucket. */
export type Columns<F extends Folds> = { readonly [K in keyof F]: Float64Array };

/** Consecutive buckets from `from` on, each with one number per column, in order. */
export interface ColumnsChange {
  readonly from: number;
  readonly values: Float64Array;
}

const nothing: Readonly<Record<Fold, number>> = {
  sum: 0,
  least: Number.NaN,
  greatest: Number.NaN,
  last: Number.NaN,
};

const folded = (fold: Fold, before: number, next: number): number => {
  if (fold === "sum") return before + next;
  if (Number.isNaN(next)) return before;
  if (Number.isNaN(before) || fold === "last") return next;
  return fold === "least" ? Math.min(before, next) : Math.max(before, next);
};

/** A column with each pair of buckets merged. */
export const foldedPairs = (fold: Fold, values: Float64Array): Float64Array =>
  Float64Array.from({ length: Math.ceil(values.length / 2) }, (_, i) =>
    folded(fold, values[2 * i]!, values[2 * i + 1] ?? nothing[fold]),
  );

/** Index of each column in a row. */
export const places = <F extends Folds>(folds: F): { readonly [K in keyof F]: number } =>
  Object.fromEntries(Object.keys(folds).map((name, i) => [name, i])) as { readonly [K in keyof F]: number };

/** A row that adds nothing. */
export const emptyRow = (folds: Folds): Float64Array =>
  Float64Array.from(Object.values(folds), (fold) => nothing[fold]);

export interface Buckets<F extends Folds> {
  /** Folds a row, with one number per column in order, into a bucket. */
  readonly add: (bucket: number, row: Float64Array, version: number) => void;
  /** Merges each pair of buckets. */
  readonly halve: () => void;
  /** Copies the columns of buckets `from` to `to`. */
  readonly columns: (from: number, to: number) => Columns<F>;
  /** Copies the buckets that have changed after a version, and those between them; undefined if none has. */
  readonly changesSince: (version: number) => ColumnsChange | undefined;
}

/**
 * Empty columns.
 *
 * The numbers of a bucket are adjacent in memory, because a training run fills the caches between rows.
 *
 * @param most largest number of buckets, an even number
 */
export const buckets = <F extends Folds>(folds: F, most: number): Buckets<F> => {
  const columns = Object.entries(folds).map(([name, fold]) => ({ name, fold }));
  const count = columns.length;
  const all = new Float64Array(count * most);
  const empty = emptyRow(folds);
  const clear = (from: number): void => {
    for (let bucket = from; bucket < most; bucket++) all.set(empty, bucket * count);
  };
  clear(0);
  const placesOf = (wanted: Fold): Int32Array =>
    Int32Array.from(columns.flatMap(({ fold }, i) => (fold === wanted ? [i] : [])));
  const [sums, leasts, greatests, lasts] = (["sum", "least", "greatest", "last"] as const).map(placesOf);
  /** Version in which each bucket last changed. */
  const changed = new Uint32Array(most);

  return {
    add: (bucket, row, version) => {
      changed[bucket] = version;
      const at = bucket * count;
      for (const i of sums!) all[at + i]! += row[i]!;
      for (const i of leasts!) {
        const before = all[at + i]!;
        if (row[i]! < before || Number.isNaN(before)) all[at + i] = row[i]!;
      }
      for (const i of greatests!) {
        const before = all[at + i]!;
        if (row[i]! > before || Number.isNaN(before)) all[at + i] = row[i]!;
      }
      for (const i of lasts!) if (!Number.isNaN(row[i]!)) all[at + i] = row[i]!;
    },
    halve: () => {
      for (let bucket = 0; bucket < most / 2; bucket++)
        columns.forEach(({ fold }, i) => {
          const two = 2 * bucket * count + i;
          all[bucket * count + i] = folded(fold, all[two]!, all[two + count]!);
        });
      clear(most / 2);
      changed.fill(0);
    },
    columns: (from, to) => columnsOf(folds, to - from, (bucket, i) => all[(from + bucket) * count + i]!),
    changesSince: (version) => {
      const from = changed.findIndex((one) => one > version);
      if (from < 0) return undefined;
      const to = changed.findLastIndex((one) => one > version) + 1;
      return { from, values: all.slice(from * count, to * count) };
    },
  };
};

/** Columns of `count` buckets, filled by bucket and column index. */
const columnsOf = <F extends Folds>(
  folds: F,
  count: number,
  value: (bucket: number, column: number) => number,
): Columns<F> =>
  Object.fromEntries(
    Object.keys(folds).map((name, i) => {
      const values = new Float64Array(count);
      for (let bucket = 0; bucket < count; bucket++) values[bucket] = value(bucket, i);
      return [name, values];
    }),
  ) as unknown as Columns<F>;

/** Columns of `count` buckets after a change. Buckets that neither the earlier columns nor the change contain are empty. */
export const changedColumns = <F extends Folds>(
  folds: F,
  before: Columns<F> | undefined,
  change: ColumnsChange | undefined,
  count: number,
): Columns<F> => {
  const names = Object.keys(folds) as (keyof F & string)[];
  const changed = (change?.values.length ?? 0) / names.length;
  return Object.fromEntries(
    names.map((name, i) => {
      const values = new Float64Array(count).fill(nothing[folds[name]!]);
      if (before) values.set(before[name].subarray(0, count));
      if (change)
        for (let bucket = 0; bucket < changed; bucket++)
          values[change.from + bucket] = change.values[bucket * names.length + i]!;
      return [name, values];
    }),
  ) as unknown as Columns<F>;
};
