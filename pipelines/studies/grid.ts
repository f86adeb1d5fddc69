import type { SettingName, Settings } from "../settings/settings.ts";

/**
 * Changes of a cell of a study in its experiments: settings by the names of the command line, and options that the files of
 * experiments declare.
 */
export type Cell = Partial<Settings> & { readonly [option: string]: unknown };

/** Every combination of one cell of each axis; the last axis varies fastest. */
export const product = (axes: readonly (readonly Cell[])[]): readonly Cell[] =>
  axes.reduce<readonly Cell[]>(
    (cells, axis) => cells.flatMap((cell) => axis.map((value) => ({ ...cell, ...value }))),
    [{}],
  );

/** Values of settings, and of options that the files of experiments declare, by name. */
export type Axes = { readonly [K in SettingName]?: readonly Settings[K][] } & {
  readonly [option: string]: readonly unknown[];
};

/**
 * Every combination of values of some settings or options, as cells of a study; the one that is named last varies fastest.
 *
 * @example
 * combinations({ bits: ["8/8/8", "4/4/4"], lr: [0.02, 0.05] }).length; // 4
 */
export const combinations = (axes: Axes): readonly Cell[] =>
  product(
    Object.entries(axes).map(([name, values]) => (values ?? []).map((value): Cell => ({ [name]: value }))),
  );

/** The settings and options that some of the cells name. */
export const axesOf = (cells: readonly Cell[]): readonly string[] => [
  ...new Set(cells.flatMap((cell) => Object.keys(cell))),
];
