/** @file Decoding of `--study`, `--grid`, `--cell`, `--seeds` and `--jobs`. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { wholeIn } from "../../core/numberText.ts";
import {
  defaults,
  optionName,
  optionOf,
  type SettingName,
  type Settings,
  settingNames,
  settingsTable,
} from "../settings/settings.ts";
import { studies } from "../studies/catalogue.ts";
import { type Cell, product } from "../studies/grid.ts";
import type { Study } from "../studies/study.ts";
import type { Arguments } from "./args.ts";
import { methodAxisIn, withMethodAxes } from "./methodAxes.ts";

const usable = settingNames.filter((name) => name !== "seed");

/** The settings and options that a cell may set. */
export interface Changeable {
  /** Names of settings and of options that files declare, by their names on the command line. */
  readonly byOption: ReadonlyMap<string, string>;
  /** A value for the decoder; the rules in one value of a repeatable option are separated by `;`. */
  readonly value: (name: string, text: string) => unknown;
}

/** @param own names of options that files declare, which replace settings of the same name */
export const changeable = (own: readonly string[]): Changeable => {
  const isList = (name: string): boolean =>
    !own.includes(name) && Array.isArray(settingsTable[name as SettingName].fallback);
  return {
    byOption: new Map([...usable, ...own].map((name) => [optionName(name), name])),
    value: (name, text) => (isList(name) ? text.split(";").filter((rule) => rule !== "") : text),
  };
};

/** Whether a brace of a pattern such as `{conv1,conv2}/*` is still open at the end of a text. */
const isOpen = (text: string): boolean => text.split("{").length > text.split("}").length;

/**
 * The values in `V1,V2,...`. Commas between the options of an estimator do not separate values: `inHindsight:lo=-1,hi=1,currentMinMax` has two.
 * Neither do commas in the braces of a pattern.
 */
const valuesIn = (text: string): readonly string[] => {
  const values: string[] = [];
  for (const piece of text.split(",")) {
    const last = values.at(-1);
    if (last !== undefined && (isOpen(last) || (last.includes(":") && /^[A-Za-z][A-Za-z0-9]*=/.test(piece))))
      values.push(`${values.pop()},${piece}`);
    else values.push(piece);
  }
  return values;
};

interface Assignment {
  readonly names: readonly string[];
  readonly text: string;
}

/** Decodes `NAME=...`, or `NAME,NAME=...` for several settings with the same value. */
const assignment = (
  { byOption }: Changeable,
  option: string,
  text: string,
  problems: Problem[],
): Assignment => {
  const at = text.indexOf("=");
  if (at < 1) {
    problems.push(
      problem(option, `"${text}"`, "NAME=VALUE with the name of a setting, such as bits=8/8/8,4/4/4"),
    );
    return { names: [], text: "" };
  }
  const names = text
    .slice(0, at)
    .split(",")
    .flatMap((wanted) => {
      const name = byOption.get(wanted);
      if (name !== undefined) return [name];
      problems.push(
        wanted === "seed"
          ? problem(option, "seed", "another setting", "--seeds gives the seeds of all cells")
          : problem(
              option,
              `"${wanted}"`,
              expectedName(wanted, [...byOption.keys()], "a setting, which rangeflow train --help lists"),
            ),
      );
      return [];
    });
  return { names, text: text.slice(at + 1) };
};

const cellOf = ({ value }: Changeable, { names }: Assignment, text: string): Cell =>
  Object.fromEntries(names.map((name) => [name, value(name, text)]));

/** Whether there are too many cells; if so, adds a problem. */
const isTooMany = (axes: readonly (readonly unknown[])[], problems: Problem[]): boolean => {
  const count = axes.reduce((all, { length }) => all * length, 1);
  if (count > mostCells) problems.push(problem("--grid", `${count} cells`, `at most ${mostCells}`));
  return count > mostCells;
};

/** Largest number of cells in a grid. */
const mostCells = 100_000;

/** The cells of `--grid`: one axis per combination of names; the values of repeated names are joined. */
const gridCells = (known: Changeable, grids: readonly string[], problems: Problem[]): readonly Cell[] => {
  const axes = new Map<string, Cell[]>();
  for (const text of grids.filter((text) => methodAxisIn(text) === undefined)) {
    const assigned = assignment(known, "--grid", text, problems);
    const key = assigned.names.join();
    const cells = valuesIn(assigned.text).map((value) => cellOf(known, assigned, value));
    axes.set(key, [...(axes.get(key) ?? []), ...cells]);
  }
  const all = [...axes.keys()].flatMap((key) => key.split(","));
  const twice = all.find((name, i) => name !== "" && all.indexOf(name) !== i);
  if (twice !== undefined)
    problems.push(
      problem(
        "--grid",
        `${optionName(twice)} in two of them`,
        "each setting in one",
        "write all of its values there",
      ),
    );
  const ofMethods = grids.map((text) => methodAxisIn(text)?.values ?? [""]);
  return isTooMany([...axes.values(), ...ofMethods], problems) ? [] : product([...axes.values()]);
};

/** The cell in `NAME=V NAME=V`, as --cell and --against take it. */
export const singleCell = (known: Changeable, option: string, text: string, problems: Problem[]): Cell => {
  const parts = text
    .split(/\s+/)
    .filter((part) => part !== "")
    .map((part) => {
      const assigned = assignment(known, option, part, problems);
      return cellOf(known, assigned, assigned.text);
    });
  const names = parts.flatMap((part) => Object.keys(part));
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  for (const name of twice) problems.push(problem(option, `${optionName(name)} twice`, "one value for it"));
  return Object.assign({}, ...parts);
};

/** @throws `RangeflowFailure` if there is nothing to compare */
export const checkAsked = ({ texts, lists, positionals }: Arguments): void => {
  if (positionals.length > 0 && texts.study !== undefined)
    throw new RangeflowFailure(
      problem(
        "--study",
        `used with ${positionals[0]}`,
        "only one of the two",
        "a study has built-in experiments",
      ),
    );
  if (lists.grid || lists.cell || texts.study !== undefined || texts.seeds !== undefined) return;
  if (positionals.length > 1) return;
  throw new RangeflowFailure(
    problem(
      "rangeflow compare",
      "nothing to compare",
      "--grid NAME=V,.. such as --grid bits=8/8/8,4/4/4, --cell, --study or --seeds",
      "rangeflow compare --help shows all options",
    ),
  );
};

/** @throws `RangeflowFailure` if there is no study of that name */
export const studyIn = (name: string): Study => {
  if (Object.hasOwn(studies, name)) return studies[name as keyof typeof studies];
  throw new RangeflowFailure(problem("--study", `"${name}"`, expectedName(name, Object.keys(studies))));
};

/**
 * The cells that arguments ask for: those of a study, then those of `--cell`, then those of the grid. The first is the baseline.
 *
 * @param shared settings that were given for all cells
 * @param ofStudy cells of a study. Default: none
 * @param inForce settings of all cells, which may name the methods whose options a grid varies
 * @param own names of options that files declare. Default: none
 * @throws `RangeflowFailure` with every problem of the arguments
 */
export const cellsIn = (
  { lists }: Arguments,
  shared: Cell,
  ofStudy: readonly Cell[] = [],
  inForce: Settings = defaults,
  own: readonly string[] = [],
): readonly Cell[] => {
  const problems: Problem[] = [];
  const known = changeable(own);
  const single = (lists.cell ?? []).map((text) => singleCell(known, "--cell", text, problems));
  const named = [...ofStudy, ...single];
  const inGrid =
    lists.grid !== undefined || named.length === 0 ? gridCells(known, lists.grid ?? [], problems) : [];
  for (const name of new Set([...named, ...inGrid].flatMap((cell) => Object.keys(cell))))
    if (Object.hasOwn(shared, name))
      problems.push(
        problem(
          optionOf(name),
          "given for all cells and varied between cells",
          "only one of the two",
          "leave it out",
        ),
      );
  const ofMethods = (lists.grid ?? []).flatMap((text) => methodAxisIn(text) ?? []);
  const cells = [...named, ...withMethodAxes(inGrid, ofMethods, inForce, problems)];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  return cells;
};

/** Largest number of seeds in one part of a list. */
const mostSeeds = 100_000;

/** The seeds in a text: `3` is 1, 2, 3; `4,7,9` and `11-15` are lists. */
export const seedsIn = (text: string): readonly number[] => {
  if (/^[1-9]\d{0,4}$/.test(text)) return Array.from({ length: wholeIn(text) }, (_, i) => i + 1);
  const parts = (/^\d+$/.test(text) ? "" : text)
    .split(",")
    .map((part) => /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(part));
  const seeds = parts.flatMap((part) => {
    const from = wholeIn(part?.[1] ?? "");
    const to = part?.[2] === undefined ? from : wholeIn(part[2]);
    return to >= from && to - from < mostSeeds
      ? Array.from({ length: to - from + 1 }, (_, i) => from + i)
      : [Number.NaN];
  });
  if (seeds.some(Number.isNaN))
    throw new RangeflowFailure(
      problem("--seeds", `"${text}"`, "a number of seeds, or a list such as 4,7,9 or 11-15"),
    );
  return seeds;
};

/** @throws `RangeflowFailure` unless it is `auto` or a number from 1 to 9999 */
export const countIn = (option: string, text: string): number | "auto" => {
  if (text === "auto") return text;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new RangeflowFailure(problem(option, `"${text}"`, "auto, or an integer from 1 to 9999"));
  return wholeIn(text);
};

/** @throws `RangeflowFailure` unless it is `auto` or a number of processes */
export const jobsIn = (text: string): number | "auto" => countIn("--jobs", text);
