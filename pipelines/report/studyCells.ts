/** @file Cells of a report: those of the study's plan, or groups of runs that differ only in their seeds. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import type { DoneEvent } from "../runs/events.ts";
import { decisive, type Identity, short, spelled } from "../runs/identity.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { type CellNames, comparedOf } from "../studies/compared.ts";
import { alternativesIn, type Comparing } from "../studies/comparing.ts";
import type { Cell } from "../studies/grid.ts";
import type { IdentifiedCell } from "../studies/groups.ts";
import type { Pool } from "../studies/pools.ts";
import type { StudyFile } from "../studies/studyFile.ts";
import type { Compared } from "../studies/summary.ts";
import { cellId, leftIn, measured, plannedCellOf } from "./plannedCells.ts";
import type { Shared } from "./studyTables.ts";

/** A run that may belong to a study. */
export interface ReportedRun {
  /** Its name on the page. For a run that is missing, the name of its directory. */
  readonly name: string;
  /** Undefined if no file describes the run any more. */
  readonly identity: Identity | undefined;
  /** Final event; present if the run has finished. */
  readonly done?: DoneEvent;
  /** Planned seed of a run that is missing. */
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

/** Names of settings that differ between runs and have short values in all of them. */
const axesIn = (identities: readonly Identity[]): readonly string[] => {
  const names = new Set(identities.flatMap(({ settings }) => Object.keys(settings)));
  const known: readonly string[] = [...decisive, ...measured];
  return [...names]
    .filter((name) => name !== "seed" && (known.includes(name) || identities[0]!.from !== "settings"))
    .filter((name) => identities.every(({ settings }) => isShort(settings[name])))
    .filter((name) => new Set(identities.map((identity) => spelled(identity, name))).size > 1);
};

/** Settings that distinguish cells, by name. If there are none, a hash of the identity does. */
const cellsOf = (identities: readonly Identity[]): readonly Cell[] => {
  const axes = axesIn(identities);
  const cells = identities.map((identity): Cell => {
    const data = new Set(identities.map((one) => one.data.sha256)).size > 1;
    return {
      ...Object.fromEntries(axes.map((name) => [name, identity.settings[name]])),
      ...(data && { "data sha256": short(identity.data.sha256) }),
      ...(new Set(identities.map(({ numerics }) => numerics)).size > 1 && { numerics: identity.numerics }),
    };
  });
  const texts = cells.map((cell) => JSON.stringify(cell));
  return new Set(texts).size === texts.length
    ? cells
    : cells.map((cell, i) => ({ ...cell, experiment: short(cellId(identities[i]!)) }));
};

/** Settings that all runs of built-in experiments share and that are not part of any cell. */
const sharedIn = (identities: readonly Identity[], cells: readonly Cell[]): Shared => {
  if (identities.some(({ from }) => from !== "settings")) return undefined;
  const axes = new Set(cells.flatMap((cell) => Object.keys(cell)));
  const [one] = identities;
  return Object.fromEntries(
    Object.entries(one!.settings).filter(
      ([name]) =>
        !axes.has(name) && identities.every((other) => spelled(other, name) === spelled(one!, name)),
    ),
  ) as Partial<Settings>;
};

/** Names of cells, with and without changes. A run has resolved settings, with its recipe as a name among them. */
const namesOf = (cells: readonly IdentifiedCell[]): CellNames => ({
  seeds: [1],
  cellOf: new Map(cells.map(({ identity }, cell) => [cellId(identity), cell])),
  nameOf: (cell, changes) => {
    const { identity } = cells[cell]!;
    if (identity.from === "settings" && Object.hasOwn(changes, "recipe"))
      throw new RangeflowFailure(
        problem(
          "--against",
          "a recipe, whose settings cannot be told from those of a run that has ended",
          "settings that a recipe stands for, such as bits or gradient-range",
          "rangeflow compare --only-finished, with the cells of the study, takes recipes",
        ),
      );
    const settings = { ...identity.settings, ...changes };
    return cellId({
      ...identity,
      settings: identity.from === "settings" ? { ...getOrThrow(decodeSettings(settings)) } : settings,
    });
  },
});

/** Cells of runs, and what they are compared with. */
export interface StudyCells {
  readonly compared: Compared & { readonly pools: readonly Pool[] };
  /** Cell number of each run; undefined if no file describes the run. */
  readonly cellOf: readonly (number | undefined)[];
  readonly shared: Shared;
  readonly comparing: Comparing;
  /** Number of planned runs that are missing. */
  readonly left: number;
}

/** Makes a cell of all runs that differ only in their seeds, in order of appearance; undefined if no run can be identified. */
const cellsBySettings = async (
  runs: readonly ReportedRun[],
  comparing: Comparing,
): Promise<StudyCells | undefined> => {
  const ids = runs.map(({ identity }) => identity && cellId(identity));
  const first = new Map<string, Identity>();
  for (const [i, id] of ids.entries())
    if (id !== undefined && !first.has(id)) first.set(id, runs[i]!.identity!);
  const [names, identities] = [[...first.keys()], [...first.values()]];
  if (identities.length === 0) return undefined;
  const cells = cellsOf(identities);
  const identified = cells.map((settings, cell) => ({ settings, identity: identities[cell]! }));
  return {
    compared: await comparedOf(identified, comparing, namesOf(identified)),
    cellOf: ids.map((id) => (id === undefined ? undefined : names.indexOf(id))),
    shared: sharedIn(identities, cells),
    comparing,
    left: 0,
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
  const cellOf = plannedCellOf(runs, study);
  const identities = runs.flatMap(({ identity }, i) =>
    identity && cellOf[i] !== undefined ? [identity] : [],
  );
  if (identities.length === 0) return undefined;
  const cells = planned.map(({ settings }) => settings);
  return {
    compared: {
      ...{ cells, margin, pools },
      firsts: planned.map(({ first }) => first),
      counterparts: planned.map(({ counterpart }) => counterpart),
    },
    cellOf,
    shared: sharedIn(identities, cells),
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
  planned?: StudyFile,
): Promise<StudyCells | undefined> => {
  const isOther = asked.within !== undefined || asked.against !== undefined;
  const asPlanned = planned && !isOther ? plannedCells(runs, planned, asked.margin) : undefined;
  return asPlanned ?? cellsBySettings(runs, { ...(planned && plannedComparing(planned)), ...asked });
};
