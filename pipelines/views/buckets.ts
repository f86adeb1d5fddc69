/**
 * @file Columns of numbers over time, folded into a bounded number of buckets: of what is many in a bucket the least, the
 * greatest and the sum are kept, so that a chart of buckets has every extreme of the rows.
 *
 * A bucket holds `width` steps, a power of two. When time runs past the last bucket, two become one and the width doubles; so the
 * columns of a run that still goes on are those of one that was read at its end.
 */

/** How numbers that fall into one bucket become one. NaN, which says that there was no number, gives way to any. */
export type Fold = "sum" | "least" | "greatest" | "last";

/** Names of columns, and the fold of each. */
export type Folds = Readonly<Record<string, Fold>>;

/** One array for each column, of one number a bucket. */
export type Columns<F extends Folds> = { readonly [K in keyof F]: Float64Array };

/** One number for each column. */
export type Row<F extends Folds> = { readonly [K in keyof F]: number };

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

export interface Buckets<F extends Folds> {
  /** Folds one row into a bucket. */
  readonly add: (bucket: number, row: Row<F>) => void;
  /** Makes one bucket of two. */
  readonly halve: () => void;
  /** The columns of buckets `from` to `to`; views of what goes on to change. */
  readonly columns: (from: number, to: number) => Columns<F>;
}

/**
 * Empty columns.
 *
 * @param most buckets there is room for, an even number
 */
export const buckets = <F extends Folds>(folds: F, most: number): Buckets<F> => {
  const columns = Object.entries(folds).map(([name, fold]) => ({
    name,
    fold,
    values: new Float64Array(most).fill(nothing[fold]),
  }));
  return {
    add: (bucket, row) => {
      for (const { name, fold, values } of columns)
        values[bucket] = folded(fold, values[bucket]!, row[name as keyof F]);
    },
    halve: () => {
      for (const { fold, values } of columns) {
        for (let i = 0; i < most / 2; i++) values[i] = folded(fold, values[2 * i]!, values[2 * i + 1]!);
        values.fill(nothing[fold], most / 2);
      }
    },
    columns: (from, to) =>
      Object.fromEntries(
        columns.map(({ name, values }) => [name, values.subarray(from, to)]),
      ) as unknown as Columns<F>,
  };
};
