import type { SettingName, Settings } from "../settings/settings.ts";

/** What a cell of a study changes in the settings that all its cells share. */
export type Cell = Partial<Settings>;

/** Every combination of one cell of each axis; the last axis varies fastest. */
export const product = (axes: readonly (readonly Cell[])[]): readonly Cell[] =>
  axes.reduce<readonly Cell[]>(
    (cells, axis) => cells.flatMap((cell) => axis.map((value) => ({ ...cell, ...value }))),
    [{}],
  );

/**
 * Every combination of values of some settings, as cells of a study; the setting that is named last varies fastest.
 *
 * @example
 * combinations({ bits: ["8/8/8", "4/4/4"], lr: [0.02, 0.05] }).length; // 4
 */
export const combinations = (
  axes: { readonly [K in SettingName]?: readonly Settings[K][] },
): readonly Cell[] =>
  product(Object.entries(axes).map(([name, values]) => values.map((value): Cell => ({ [name]: value }))));
