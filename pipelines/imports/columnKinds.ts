/** @file Meaning of columns of tables, keys of objects and names of scalars: common names of steps, sites and statistics. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { type Statistic, statisticNames } from "./statisticBatch.ts";

/**
 * Columns other than statistics. `statistic` and `value` belong to long tables, `precision` is the number of printed decimals, `bins` and
 * `counts` are the edges and counts of a histogram.
 */
const places = [
  "step",
  "site",
  "role",
  "rank",
  "statistic",
  "value",
  "precision",
  "coldStart",
  "format",
  "bins",
  "counts",
] as const;

type Place = (typeof places)[number];

/** Meaning of a column. */
export type ColumnKind = Place | { readonly statistic: Statistic; readonly factor: number };

/** A name without case and separators. */
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9%]/g, "");

const placeWords: Readonly<Record<Place, readonly string[]>> = {
  step: ["step", "iteration", "iter", "globalstep", "trainingstep"],
  site: ["site", "name", "tensor", "tensorname", "layer", "module", "tag"],
  role: ["role", "kind", "tensortype"],
  rank: ["rank", "globalrank", "process"],
  statistic: ["stat", "statistic", "metric"],
  value: ["value", "val"],
  precision: ["precision", "decimals"],
  coldStart: ["coldstart"],
  format: ["format", "numberformat"],
  bins: ["bins", "edges", "binedges"],
  counts: ["counts", "bincounts"],
};

const statisticWords: Readonly<Partial<Record<Statistic, readonly string[]>>> = {
  min: ["min", "minimum"],
  max: ["max", "maximum"],
  amax: ["amax", "curamax", "absmax", "maxabs", "linf"],
  scale: ["scale", "scaleinv"],
  zeroPoint: ["zeropoint"],
  mean: ["mean", "avg", "average"],
  std: ["std", "stddev", "stdev", "standarddeviation"],
  l1Norm: ["l1norm", "l1"],
  l2Norm: ["l2norm", "l2", "norm"],
  count: ["count", "numel"],
  nonFinite: ["nonfinite", "numnonfinite"],
  underflows: ["underflows"],
  overflows: ["overflows"],
  mse: ["mse"],
  dynamicRange: ["dynamicrange"],
};

const kinds: ReadonlyMap<string, ColumnKind> = new Map([
  ...places.flatMap((place) => placeWords[place].map((word): [string, ColumnKind] => [word, place])),
  ...statisticNames.flatMap((statistic) =>
    (statisticWords[statistic] ?? []).map((word): [string, ColumnKind] => [word, { statistic, factor: 1 }]),
  ),
  ["underflows%", { statistic: "underflows", factor: 0.01 }],
  ["overflows%", { statistic: "overflows", factor: 0.01 }],
]);

/** Whether a column contains epochs, which serve as steps if there are none. */
export const isEpoch = (name: string): boolean => bare(name) === "epoch";

/** Columns whose meaning the user has given, by name. */
export type ColumnMap = ReadonlyMap<string, ColumnKind>;

/** The meaning of a column; undefined if it has none here. */
export const columnKind = (name: string, given: ColumnMap): ColumnKind | undefined =>
  given.get(name) ?? kinds.get(bare(name));

/** The statistic with a name such as `cur_amax`, and the factor for its values. */
export const statisticNamed = (
  name: string,
): { readonly statistic: Statistic; readonly factor: number } | undefined => {
  const kind = kinds.get(bare(name));
  return typeof kind === "object" ? kind : undefined;
};

/** Meanings that `--column` accepts. */
const columnNames: readonly string[] = [
  ...places,
  ...statisticNames.filter((name) => statisticWords[name] !== undefined),
];

/**
 * Columns by name, from names by meaning, such as `{ step: "iter" }`.
 *
 * @throws `RangeflowFailure` for an unknown meaning
 */
export const columnMapOf = (given: Readonly<Record<string, string>>): ColumnMap =>
  new Map(
    Object.entries(given).map(([wanted, column]) => {
      const kind = columnNames.includes(wanted) ? kinds.get(bare(wanted)) : undefined;
      if (kind === undefined)
        throw new RangeflowFailure(
          problem("--column", `the meaning "${wanted}"`, expectedName(wanted, columnNames)),
        );
      return [column, kind];
    }),
  );
