import type { SettingName, Settings } from "../settings/settings.ts";

/**
 * Changes that a cell of a study makes to its experiments: settings, with the names of the command line in camel case, and options that
 * the files of experiments declare.
 */
export type Cell = Partial<Settings> & { readonly [option: string]: unknown };

/** Every combination of one cell from each axis. The last axis varies fastest. */
export const product = (axes: readonly (readonly Cell[])[]): readonly Cell[] =>
  axes.reduce<readonly Cell[]>(
    (cells, axis) => cells.flatMap((cell) => axis.map((value) => ({ ...cell, ...value }))),
    [{}],
  );

/** Lists of values, by the name of a setting or of an option that the files of experiments declare. */
export type Axes = { readonly [K in SettingName]?: readonly Settings[K][] } & {
  readonly [option: string]: readonly unknown[];
};

/**
 * Every combination of values of some settings or options, as cells of a study. The last name varies fastest.
 *
 * @example
 * combinations({ bits: ["8/8/8", "4/4/4"], lr: [0.02, 0.05] }).length; // 4
 */
export const combinations = (axes: Axes): readonly Cell[] =>
  product(
    Object.entries(axes).map(([name, values]) => (values ?? []).map((value): Cell => ({ [name]: value }))),
  );

/** Settings and options that at least one cell names. */
export const axesOf = (cells: readonly Cell[]): readonly string[] => [
  ...new Set(cells.flatMap((cell) => Object.keys(cell))),
];
