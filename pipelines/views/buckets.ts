/**
 * @file Columns of numbers over time, folded into a bounded number of buckets: of what is many in a bucket the least, the
 * greatest and the sum are kept, so that a chart of buckets has every extreme of the rows.
 *
 * A bucket holds `width` steps, a power of two. When time runs past the last bucket, two become one and the width doubles; so the
 * columns of a run that still goes on are those of one that was read at its end. Each bucket knows the version in which it last
 * changed, so that whoever has the columns of an earlier one gets only what is newer.
 */

/** How numbers that fall into one bucket become one. NaN, which says that there was no number, gives way to any. */
export type Fold = "sum" | "least" | "greatest" | "last";

/** Names of columns, and the fold of each. */
export type Folds = Readonly<Record<string, Fold>>;

/** One array for each column, of one number a bucket. */
export type Columns<F extends Folds> = { readonly [K in keyof F]: Float64Array };

/** Columns of buckets from `from` on, one column behind the other. */
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

/** The place of each column in a row. */
export const places = <F extends Folds>(folds: F): { readonly [K in keyof F]: number } =>
  Object.fromEntries(Object.keys(folds).map((name, i) => [name, i])) as { readonly [K in keyof F]: number };

/** A row that adds nothing. */
export const emptyRow = (folds: Folds): Float64Array =>
  Float64Array.from(Object.values(folds), (fold) => nothing[fold]);

export interface Buckets<F extends Folds> {
  /** Folds one row, a number for each column in their order, into a bucket. */
  readonly add: (bucket: number, row: Float64Array, version: number) => void;
  /** Makes one bucket of two. */
  readonly halve: () => void;
  /** The columns of buckets `from` to `to`; views of what goes on to change. */
  readonly columns: (from: number, to: number) => Columns<F>;
  /** Copies of the buckets that have changed after a version, and of those between them; undefined where none has. */
  readonly changesSince: (version: number) => ColumnsChange | undefined;
}

/** Numbers between the columns, so that a bucket of one column and of the next do not compete for the same place in a cache. */
const padding = 8;

/**
 * Empty columns.
 *
 * @param most buckets there is room for, an even number
 */
export const buckets = <F extends Folds>(folds: F, most: number): Buckets<F> => {
  const stride = most + padding;
  const columns = Object.entries(folds).map(([name, fold], i) => ({ name, fold, start: i * stride }));
  const all = new Float64Array(columns.length * stride);
  for (const { fold, start } of columns) all.fill(nothing[fold], start, start + stride);
  const placesOf = (wanted: Fold): Int32Array =>
    Int32Array.from(columns.flatMap(({ fold }, i) => (fold === wanted ? [i] : [])));
  const [sums, leasts, greatests, lasts] = (["sum", "least", "greatest", "last"] as const).map(placesOf);
  /** The version in which each bucket has changed last. */
  const changed = new Uint32Array(most);

  const part = (start: number, from: number, to: number): Float64Array =>
    all.subarray(start + from, start + to);

  return {
    add: (bucket, row, version) => {
      changed[bucket] = version;
      for (const i of sums!) all[i * stride + bucket]! += row[i]!;
      for (const i of leasts!) {
        const [at, x] = [i * stride + bucket, row[i]!];
        const before = all[at]!;
        if (x < before || Number.isNaN(before)) all[at] = x;
      }
      for (const i of greatests!) {
        const [at, x] = [i * stride + bucket, row[i]!];
        const before = all[at]!;
        if (x > before || Number.isNaN(before)) all[at] = x;
      }
      for (const i of lasts!) if (!Number.isNaN(row[i]!)) all[i * stride + bucket] = row[i]!;
    },
    halve: () => {
      for (const { fold, start } of columns) {
        const values = part(start, 0, most);
        for (let i = 0; i < most / 2; i++) values[i] = folded(fold, values[2 * i]!, values[2 * i + 1]!);
        values.fill(nothing[fold], most / 2);
      }
      changed.fill(0);
    },
    columns: (from, to) =>
      Object.fromEntries(
        columns.map(({ name, start }) => [name, part(start, from, to)]),
      ) as unknown as Columns<F>,
    changesSince: (version) => {
      const from = changed.findIndex((one) => one > version);
      if (from < 0) return undefined;
      const to = changed.findLastIndex((one) => one > version) + 1;
      const values = new Float64Array(columns.length * (to - from));
      columns.forEach(({ start }, i) => {
        values.set(part(start, from, to), i * (to - from));
      });
      return { from, values };
    },
  };
};

/** Columns of `count` buckets as they are after a change; what has none of its buckets holds nothing there. */
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
      if (change) values.set(change.values.subarray(i * changed, (i + 1) * changed), change.from);
      return [name, values];
    }),
  ) as unknown as Columns<F>;
};
