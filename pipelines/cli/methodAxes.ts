/** @file Grids over the options of a method: `--grid ./fold.ts:length=3,9`, wherever settings name that method. */
import { namedIn, pairsIn } from "../../core/entry.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { catalogue, combinators } from "../../quantizers/catalogue/estimatorCatalogue.ts";
import { combinationIn } from "../../quantizers/catalogue/parseEstimator.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { recipeCatalogue } from "../recipes/recipeCatalogue.ts";
import { type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { fileIn, mayNameMethod } from "../settings/userFiles.ts";
import type { Cell } from "../studies/grid.ts";

/** Values of one option of a method. */
export interface MethodAxis {
  /** A built-in name or a path. */
  readonly method: string;
  readonly option: string;
  readonly values: readonly string[];
}

/** The axis in `./fold.ts:length=3,9`; undefined if no colon precedes the first `=`. */
export const methodAxisIn = (text: string): MethodAxis | undefined => {
  const at = text.indexOf("=");
  const head = at < 0 ? text : text.slice(0, at);
  const colon = head.lastIndexOf(":");
  if (colon < 0) return undefined;
  return {
    method: head.slice(0, colon),
    option: head.slice(colon + 1),
    values: (at < 0 ? "" : text.slice(at + 1)).split(","),
  };
};

/** Options of a method, with one of them set to a value. */
const optionsWith = (options: string, option: string, value: string): string => {
  const others = (options === "" ? [] : pairsIn(options)).filter(([name]) => name !== option);
  return [...others, [option, value]].map(([name, of]) => `${name}=${of}`).join(",");
};

/** The options that follow the name of a method or a file. */
const behind = (text: string, name: string): string => text.slice(name.length + 1);

/** A text such as `inHindsight(./fold.ts:length=3)` with an option of a method set to a value; unchanged if it names other methods only. */
export const withOption = (text: string, method: string, option: string, value: string): string => {
  const combination = combinationIn("", text);
  if (combination !== undefined) {
    const inside = withOption(combination.inner, method, option, value);
    const outer = text.slice(0, text.indexOf("("));
    const rest = text.slice(text.lastIndexOf(")") + 1);
    const isOuter = outer === method && inside === combination.inner;
    const options = isOuter ? `:${optionsWith(rest.slice(1), option, value)}` : rest;
    return `${outer}(${inside})${options}`;
  }
  const { name } = fileIn(text) ?? namedIn(text);
  return name === method ? `${name}:${optionsWith(behind(text, name), option, value)}` : text;
};

/** Names of the options of a built-in method that a setting may name; undefined for a file, whose options are known once it is loaded. */
const declaredFor = (name: SettingName, method: string): readonly string[] | undefined => {
  if (fileIn(method) !== undefined) return undefined;
  const entries = /range/i.test(name)
    ? [...catalogue, ...combinators]
    : /quantizer/i.test(name)
      ? quantizerCatalogue
      : name === "recipe"
        ? recipeCatalogue
        : [];
  return entries.filter((entry) => entry.name === method).flatMap(({ options }) => Object.keys(options));
};

/** The value of a setting with an option of a method set to a value; undefined if the setting does not name the method. */
const settingWith = (
  name: SettingName,
  given: unknown,
  { method, option }: MethodAxis,
  value: string,
): unknown => {
  const isNamed = (text: string): boolean => withOption(text, method, option, "") !== text;
  const changed = (text: string): string => withOption(text, method, option, value);
  if (declaredFor(name, method)?.includes(option) === false) return undefined;
  if (typeof given === "string") return isNamed(given) ? changed(given) : undefined;
  if (!Array.isArray(given)) return undefined;
  const rules = given.map((rule): readonly [at: string, text: string] => {
    const at = String(rule).indexOf("=") + 1;
    return [String(rule).slice(0, at), String(rule).slice(at)];
  });
  return rules.some(([, text]) => isNamed(text))
    ? rules.map(([at, text]) => `${at}${changed(text)}`)
    : undefined;
};

/** Copies of a cell, one for each value of an option, set in all settings that name the method; undefined if none does. */
const cellsWith = (cell: Cell, inForce: Settings, axis: MethodAxis): readonly Cell[] | undefined => {
  const cells = axis.values.map((value) => {
    const changes = settingNames.filter(mayNameMethod).flatMap((name) => {
      const changed = settingWith(name, cell[name] ?? inForce[name], axis, value);
      return changed === undefined ? [] : [[name, changed] as const];
    });
    return changes.length === 0 ? undefined : { ...cell, ...Object.fromEntries(changes) };
  });
  return cells.includes(undefined) ? undefined : (cells as readonly Cell[]);
};

const textOf = ({ method, option }: MethodAxis): string => `${method}:${option}`;

/** Axes with those of the same option merged. */
const joined = (axes: readonly MethodAxis[]): readonly MethodAxis[] => {
  const byName = new Map<string, MethodAxis>();
  for (const axis of axes) {
    const before = byName.get(textOf(axis))?.values ?? [];
    byName.set(textOf(axis), { ...axis, values: [...before, ...axis.values] });
  }
  return [...byName.values()];
};

/** The problem of an axis that applies to no setting of any cell. */
const unused = ({ method, option }: MethodAxis): Problem => {
  const names = [
    ...new Set(settingNames.filter(mayNameMethod).flatMap((name) => declaredFor(name, method) ?? [])),
  ];
  const where = `--grid ${method}:${option}`;
  return fileIn(method) === undefined && !names.includes(option)
    ? problem(
        where,
        `option "${option}" of ${method}`,
        names.length === 0
          ? "a method with options, or a path"
          : expectedName(option, names, names.join(" or ")),
        "rangeflow estimators lists them",
      )
    : problem(where, `no setting that names ${method}`, `one that does, such as --gradient-range ${method}`);
};

/**
 * Cells in which options of methods have every combination of their values; the last axis varies fastest. A cell that does not name a
 * method is not multiplied by its options.
 *
 * @param inForce the settings that all cells share
 * @param problems receives the problems of axes: no values, or a method that no cell names
 */
export const withMethodAxes = (
  cells: readonly Cell[],
  axes: readonly MethodAxis[],
  inForce: Settings,
  problems: Problem[],
): readonly Cell[] =>
  joined(axes).reduce<readonly Cell[]>((all, axis) => {
    if (axis.method === "" || axis.option === "" || axis.values.includes("")) {
      const expected = "METHOD:OPTION=V,.. such as inHindsight:decay=0.8,0.9";
      problems.push(problem("--grid", `"${textOf(axis)}=${axis.values.join()}"`, expected));
      return all;
    }
    const multiplied = all.map((cell) => cellsWith(cell, inForce, axis));
    if (multiplied.every((one) => one === undefined)) problems.push(unused(axis));
    return multiplied.flatMap((one, i) => one ?? [all[i] as Cell]);
  }, cells);
