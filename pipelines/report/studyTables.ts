/** @file Results of a study as tables of text, for the terminal and for pages. */
import { namedIn } from "../../core/entry.ts";
import { counted } from "../../core/inWords.ts";
import { own } from "../../core/own.ts";
import type { Role } from "../../core/signal.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { followedBy } from "../../quantizers/quantizerEntry.ts";
import { builtInRecipe } from "../recipes/recipeNamed.ts";
import { recipeSettings } from "../recipes/recipeSettings.ts";
import { bitsIn } from "../settings/bitsTriple.ts";
import { defaults, optionName, type SettingName, type Settings } from "../settings/settings.ts";
import type { CellEvent } from "../studies/events.ts";
import { axesOf, type Cell } from "../studies/grid.ts";
import type { Spread } from "../studies/spread.ts";
import { bytesText, percent } from "../text/numbers.ts";
import type { Table } from "../text/table.ts";
import { scoreFormat, scoreTitle, scoreUnit } from "../views/scoreText.ts";
import { comparisonColumns } from "./comparisonColumns.ts";

/** `97.65 ± 0.23 %` */
const spreadText = (metric: string, spread: Spread | null): string => {
  if (spread === null) return "-";
  const { mean, sd } = spread;
  const print = scoreFormat(metric, [mean, sd ?? 0]);
  return `${print(mean)}${sd === null ? "" : ` ± ${print(sd)}`} ${scoreUnit(metric).unit}`.trimEnd();
};

const extremes = (metric: string, spread: Spread | null): string => {
  if (spread === null) return "-";
  const { min, max } = spread;
  const print = scoreFormat(metric, [min, max]);
  return `${print(min)}..${print(max)} ${scoreUnit(metric).unit}`.trimEnd();
};

/** Range settings: the role of each, and the setting of its quantizer. */
const ranged: Readonly<Record<string, readonly [role: Role, quantizer: SettingName]>> = {
  weightRange: ["weight", "weightQuantizer"],
  activationRange: ["activation", "activationQuantizer"],
  gradientRange: ["gradient", "gradientQuantizer"],
};

/** Whether a built-in quantizer with default options uses the estimator of a role. */
const asksEstimator = (quantizer: string, role: Role): boolean => {
  const entry = quantizerCatalogue.find(({ name }) => name === namedIn(quantizer).name);
  const follows = entry && followedBy(entry, role);
  return follows !== "tensor" && follows !== "learned";
};

/** Settings that all cells of a study of built-in experiments share; undefined for other studies, whose defaults are unknown. */
export type Shared = Partial<Settings> | undefined;

/**
 * Value of a setting or option in a cell, stated or implied by all cells, its recipe, or the defaults. A dash for the ranges of a role
 * that is float32 everywhere, or whose quantizer uses ranges of its own.
 */
export const settingText = (shared: Shared, cell: Cell, name: string): string => {
  if (shared === undefined) return String(own(cell, name) ?? "default") || "-";
  const recipe: Readonly<Record<string, unknown>> = recipeSettings(
    builtInRecipe(cell.recipe ?? shared.recipe ?? defaults.recipe),
  );
  const common: Readonly<Record<string, unknown>> = { ...defaults, ...recipe, ...shared };
  const textOf = (of: string): string => String(cell[of] ?? common[of]);
  const ofRole = ranged[name];
  if (ofRole !== undefined) {
    const [role, quantizer] = ofRole;
    const isFloat = (bits: string): boolean => bits === "same" || bitsIn(bits)?.[role] === 32;
    const everywhere = [textOf("bits"), textOf("firstBits"), textOf("lastBits")];
    if (textOf("bitsAt") === "" && everywhere.every(isFloat)) return "-";
    if (textOf("quantizerAt") === "" && !asksEstimator(textOf(quantizer), role)) return "-";
  }
  return textOf(name) || "-";
};

/** Columns that distinguish cells. */
export interface Columns {
  readonly head: readonly string[];
  readonly of: (cell: Cell) => readonly string[];
  /** What the cells of each group have in common, as a sentence; empty if groups differ only in what names them. */
  readonly groups: string;
}

/**
 * Columns that distinguish cells: one for each setting that differs between them.
 *
 * @param within settings that divide the cells into groups; what differs only between groups is stated once per group and has no column
 */
export const columnsOf = (
  shared: Shared,
  cells: readonly Cell[],
  within: readonly string[] = [],
): Columns => {
  const axes = axesOf(cells);
  if (axes.length === 0) return { head: ["cell"], of: () => ["all"], groups: "" };
  const textsOf = (cell: Cell, names: readonly string[]): readonly string[] =>
    names.map((name) => settingText(shared, cell, name));
  const naming = within.filter((name) => axes.includes(name));
  const groupOf = (cell: Cell): string => textsOf(cell, naming).join(", ");
  const groups = new Map(cells.toReversed().map((cell) => [groupOf(cell), cell]));
  const isApart = (name: string): boolean =>
    naming.includes(name) ||
    cells.some(
      (cell) => settingText(shared, cell, name) !== settingText(shared, groups.get(groupOf(cell))!, name),
    );
  const columns = naming.length === 0 ? axes : axes.filter(isApart);
  const left = axes.filter((name) => !columns.includes(name));
  const common = [...groups].toReversed().map(([group, cell]) => {
    const texts = textsOf(cell, left);
    return `${group} with ${left.map((name, i) => `${optionName(name)} ${texts[i]}`).join(", ")}`;
  });
  return {
    head: columns.map((name) => optionName(name)),
    of: (cell) => textsOf(cell, columns),
    groups: left.length === 0 ? "" : `All cells of ${common.join("; ")}.`,
  };
};

/** Bytes that a run moves for the tensors of all roles; undefined if nothing is quantized. */
export const movedIn = ({ roles }: Pick<CellEvent, "roles">): number | undefined =>
  roles.length === 0
    ? undefined
    : roles.reduce((sum, role) => sum + role.movedStatically + role.movedDynamically, 0);

/** Metrics that score the cells, each once, in order of appearance. */
export const judgedBy = (cells: readonly CellEvent[]): readonly CellEvent[] =>
  cells.filter(({ score }, i) => cells.findIndex((cell) => cell.score === score) === i);

/** Title of the scores. It names the metrics if cells are scored by different ones. */
const titleOf = (cells: readonly CellEvent[]): string => {
  const [first, ...others] = judgedBy(cells);
  return first === undefined || others.length > 0 ? "test" : scoreTitle(first.score, first.better);
};

/** The cells in numbers: scores, differences from other cells, and costs. */
export const scoreTable = (columns: Columns, cells: readonly CellEvent[], margin?: number): Table => {
  const comparisons = comparisonColumns(cells, margin);
  return {
    head: [
      ...columns.head,
      "seeds",
      titleOf(cells),
      "min..max",
      "best",
      ...comparisons.flatMap(({ head }) => head),
      "bytes moved",
      "seconds",
    ],
    rows: cells.map((cell) => {
      const moved = movedIn(cell);
      return [
        ...columns.of(cell.settings),
        String(cell.seeds.length),
        spreadText(cell.score, cell.test),
        extremes(cell.score, cell.test),
        spreadText(cell.score, cell.bestTest),
        ...comparisons.flatMap(({ of }) => of(cell)),
        moved === undefined ? "-" : bytesText(moved),
        cell.seconds === null ? "-" : cell.seconds.mean.toFixed(1),
      ];
    }),
  };
};

/** Number of sites, as a mean over runs. */
const sitesText = (sites: number): string => (Number.isInteger(sites) ? String(sites) : sites.toFixed(1));

/** A role in a cell as text: its static and dynamic sites, and the bytes that they move and save. */
export const roleTexts = (role: CellEvent["roles"][number]) => ({
  sites: [role.role, sitesText(role.staticSites), sitesText(role.dynamicSites)],
  bytes: [bytesText(role.movedStatically + role.movedDynamically), bytesText(role.bytesSaved)],
});

/** Table of the sites of each role in each cell; without rows if nothing is quantized. */
export const roleTable = (columns: Columns, cells: readonly CellEvent[]): Table => ({
  head: [...columns.head, "role", "static sites", "dynamic sites", "clipped", "bytes moved", "bytes saved"],
  rows: cells.flatMap((cell) =>
    cell.roles.map((role) => {
      const texts = roleTexts(role);
      return [
        ...[...columns.of(cell.settings), ...texts.sites],
        ...[percent(role.clippedShare, 4), ...texts.bytes],
      ];
    }),
  ),
});

/** Messages of failed runs, and of cells with tensors that could not be quantized. */
export const failuresIn = (columns: Columns, cells: readonly CellEvent[]): readonly string[] =>
  cells.flatMap(({ settings, failed, faults }) => {
    const name = columns.of(settings).join("  ");
    return [
      ...failed.map(({ seed, message }) => `failed: ${name}  seed ${seed}: ${message}`),
      ...(faults > 0
        ? [`${name}: ${counted(faults, "tensor was", "tensors were")} zero, empty or not finite`]
        : []),
    ];
  });
