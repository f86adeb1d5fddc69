/** @file Cells of a report: those of the study's plan, or groups of runs that differ only in their seeds. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { own } from "../../core/own.ts";
import type { DoneEvent } from "../runs/events.ts";
import { decisive, type Identity, short, spelled } from "../runs/identity.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { cellId, measured } from "../studies/cellId.ts";
import { type CellNames, comparedOf } from "../studies/compared.ts";
import { alternativesIn, type Comparing } from "../studies/comparing.ts";
import { axesOf, type Cell } from "../studies/grid.ts";
import type { IdentifiedCell } from "../studies/groups.ts";
import type { Pool } from "../studies/pools.ts";
import type { StudyFile } from "../studies/studyFile.ts";
import type { Compared } from "../studies/summary.ts";
import { type InForce, inForceIn } from "./inForce.ts";
import { leftIn, type NamedRun, plannedCellsOf } from "./plannedCells.ts";

/** A run that may be part of a study. */
export interface ReportedRun extends NamedRun {
  /** Its name in the page; that of its directory where it is not there. */
  readonly name: string;
  /** Present where it has ended. */
  readonly done?: DoneEvent;
  /** Seed with which a run was planned of which nothing says what it was. */
  readonly seed?: number;
  /** Error message; present if the run has failed or cannot be read completely. */
  readonly message?: string;
  /** Short text about its state. */
  readonly state: string;
}

const isShort = (value: unknown): boolean =>
  value === null ||
  typeof value !== "object" ||
  (Array.isArray(value) && value.every((one) => typeof one !== "object"));

/** Names of settings that differ between runs, and have a short value in all of them. */
const axesIn = (identities: readonly Identity[], varied: readonly string[]): readonly string[] => {
  const names = new Set(identities.flatMap(({ settings }) => Object.keys(settings)));
  const known: readonly string[] = [...decisive, ...measured.filter((name) => varied.includes(name))];
  return [...names]
    .filter((name) => name !== "seed" && (known.includes(name) || identities[0]!.from !== "settings"))
    .filter((name) => identities.every(({ settings }) => isShort(own(settings, name))))
    .filter((name) => new Set(identities.map((identity) => spelled(identity, name))).size > 1);
};

/** What tells cells apart, by name; where settings do not, the hash of all that is known of them does. */
const cellsOf = (identities: readonly Identity[], varied: readonly string[]): readonly Cell[] => {
  const axes = axesIn(identities, varied);
  const cells = identities.map((identity): Cell => {
    const data = new Set(identities.map((one) => one.data.sha256)).size > 1;
    return {
      ...Object.fromEntries(axes.map((name) => [name, own(identity.settings, name)])),
      ...(data && { "data sha256": short(identity.data.sha256) }),
      ...(new Set(identities.map(({ numerics }) => numerics)).size > 1 && { numerics: identity.numerics }),
    };
  });
  const texts = cells.map((cell) => JSON.stringify(cell));
  return new Set(texts).size === texts.length
    ? cells
    : cells.map((cell, i) => ({ ...cell, experiment: short(cellId(identities[i]!, varied)) }));
};

/**
 * Settings in force in the cells of runs of built-in experiments.
 *
 * @param runs a run of each cell that has any, with what its cell states
 * @param cells all cells
 */
const inForceOf = (runs: readonly IdentifiedCell[], cells: readonly Cell[]): InForce => {
  if (runs.some(({ identity }) => identity.from !== "settings")) return undefined;
  const axes = new Set(cells.flatMap((cell) => Object.keys(cell)));
  const { identity: one } = runs[0]!;
  const isShared = (name: string): boolean =>
    !axes.has(name) && runs.every(({ identity }) => spelled(identity, name) === spelled(one, name));
  return inForceIn(
    runs.map(({ settings, identity }) => [settings, identity.settings]),
    Object.fromEntries(Object.entries(one.settings).filter(([name]) => isShared(name))) as Partial<Settings>,
  );
};

/** What cells are known by, with changes and without: a run has its settings resolved, and its recipe is a name among them. */
const namesOf = (cells: readonly IdentifiedCell[], varied: readonly string[]): CellNames => ({
  seeds: [1],
  cellOf: new Map(cells.map(({ identity }, cell) => [cellId(identity, varied), cell])),
  nameOf: (cell, changes) => {
    const { identity } = cells[cell]!;
    if (identity.from === "settings" && Object.hasOwn(changes, "recipe"))
      throw new RangeflowFailure(
        problem(
          "--against",
          "a recipe, whose settings cannot be told apart in a finished run",
          "settings in which cells of the same recipe differ",
          "rangeflow compare with the options of the study and this --against compares recipes; it repeats no finished run, and reports then do as it has planned",
        ),
      );
    const settings = { ...identity.settings, ...changes };
    const changed = identity.from === "settings" ? { ...getOrThrow(decodeSettings(settings)) } : settings;
    return cellId({ ...identity, settings: changed }, varied);
  },
});

/** Cells of runs, and what they are compared with. */
export interface StudyCells {
  readonly compared: Compared & { readonly pools: readonly Pool[] };
  /** Cell number of each run; undefined if no file describes the run. */
  readonly cellOf: readonly (number | undefined)[];
  readonly inForce: InForce;
  readonly comparing: Comparing;
  /** Number of planned runs that are missing. */
  readonly left: number;
}

/** What is known of the study that runs are of. */
export interface CellsOptions {
  readonly planned?: StudyFile | undefined;
  /** Settings that cells are told apart by although they change no bit. */
  readonly varied: readonly string[];
}

/** Of runs that differ in their seeds alone a cell is made, in the order in which they come; undefined where nothing says what any was. */
const cellsBySettings = async (
  runs: readonly ReportedRun[],
  comparing: Comparing,
  { planned, varied }: CellsOptions,
): Promise<StudyCells | undefined> => {
  const ids = runs.map(({ identity }) => identity && cellId(identity, varied));
  const first = new Map<string, Identity>();
  for (const [i, id] of ids.entries())
    if (id !== undefined && !first.has(id)) first.set(id, runs[i]!.identity!);
  const [names, identities] = [[...first.keys()], [...first.values()]];
  if (identities.length === 0) return undefined;
  const cells = cellsOf(identities, varied);
  const identified = cells.map((settings, cell) => ({ settings, identity: identities[cell]! }));
  return {
    compared: await comparedOf(identified, comparing, namesOf(identified, varied)),
    cellOf: ids.map((id) => (id === undefined ? undefined : names.indexOf(id))),
    inForce: inForceOf(identified, cells),
    comparing,
    left: planned ? leftIn(planned, runs) : 0,
  };
};

/**
 * Cells of a plan; undefined if no run belongs to any of them.
 *
 * @param margin margin that replaces the plan's
 */
const plannedCells = (
  runs: readonly ReportedRun[],
  study: StudyFile,
  margin: number | undefined = study.comparing.margin,
): StudyCells | undefined => {
  const { cells: planned, pools, comparing } = study;
  const cellOf = plannedCellsOf(study, runs);
  const cells = planned.map(({ settings }) => settings);
  const identified = runs.flatMap(({ identity }, i): readonly IdentifiedCell[] => {
    const cell = cellOf[i];
    return identity && cell !== undefined ? [{ settings: cells[cell]!, identity }] : [];
  });
  if (identified.length === 0) return undefined;
  return {
    compared: {
      ...{ cells, margin, pools },
      firsts: planned.map(({ first }) => first),
      counterparts: planned.map(({ counterpart }) => counterpart),
    },
    cellOf,
    inForce: inForceOf(identified, cells),
    comparing: { ...comparing, ...(margin !== undefined && { margin }) },
    left: leftIn(study, runs),
  };
};

/** Planned comparisons, as far as they apply to finished runs, in which a recipe is a name. */
const plannedComparing = ({ comparing }: StudyFile): Comparing => {
  const { against: _, ...others } = comparing;
  const against = alternativesIn(comparing).filter((changes) => !Object.hasOwn(changes, "recipe"));
  return { ...others, ...(against.length > 0 && { against }) };
};

/**
 * Cells of runs, as their study was planned. Requested comparisons are added to the planned ones.
 *
 * @returns rejects with `RangeflowFailure` if the requested comparison is impossible; undefined if no run can be identified
 */
export const studyCells = async (
  runs: readonly ReportedRun[],
  asked: Comparing,
  options: CellsOptions,
): Promise<StudyCells | undefined> => {
  const { planned } = options;
  const isOther = asked.within !== undefined || asked.against !== undefined;
  const asPlanned = planned && !isOther ? plannedCells(runs, planned, asked.margin) : undefined;
  if (asPlanned) return asPlanned;
  const comparing = { ...(planned && plannedComparing(planned)), ...asked };
  return cellsBySettings(runs, comparing, {
    planned,
    varied: [...options.varied, ...(comparing.within ?? []), ...axesOf(alternativesIn(comparing))],
  });
};
