/** @file Runs as a study: cells of those that differ in their seeds alone, with the statistics that `compare` has. */

import { getOrThrow } from "../../core/getOrThrow.ts";
import type { DoneEvent } from "../runs/events.ts";
import { decisive, type Identity, runIdOf, short, spelled } from "../runs/identity.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import type { Comparing } from "../studies/comparing.ts";
import { counterpartsOf } from "../studies/counterparts.ts";
import type { RunDoneEvent, RunEvent } from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import { firstsOf, type IdentifiedCell } from "../studies/groups.ts";
import { pooledOf } from "../studies/pooled.ts";
import { type Pool, poolsOf } from "../studies/pools.ts";
import { type Compared, summaryOf } from "../studies/summary.ts";
import type { StudyView, TableView } from "../views/studyView.ts";
import { poolTable } from "./comparisonColumns.ts";
import { studyChartView } from "./studyChartView.ts";
import { legendOf } from "./studyLegend.ts";
import { type Columns, columnsOf, failuresIn, roleTable, type Shared, scoreTable } from "./studyTables.ts";
import type { Table } from "./table.ts";

/** A run that may be part of a study. */
export interface KnownRun {
  /** Its name in the page. */
  readonly name: string;
  /** Undefined where nothing is left that says what it was. */
  readonly identity: Identity | undefined;
  /** Present where it has ended. */
  readonly done?: DoneEvent;
  /** Present where it has failed. */
  readonly message?: string;
  /** State in a few words. */
  readonly state: string;
}

const isShort = (value: unknown): boolean =>
  value === null ||
  typeof value !== "object" ||
  (Array.isArray(value) && value.every((one) => typeof one !== "object"));

/** Settings that change no bit, and that a study may vary all the same. */
const measured = ["engine", "threads"] as const;

/** A name that runs have in common which differ in their seeds alone. */
export const cellId = (identity: Identity): string => {
  const { seed: _, ...settings } = identity.settings;
  return [runIdOf({ ...identity, settings }), ...measured.map((name) => settings[name])].join();
};

/** Names of settings that differ between runs, and have a short value in all of them. */
const axesIn = (identities: readonly Identity[]): readonly string[] => {
  const names = new Set(identities.flatMap(({ settings }) => Object.keys(settings)));
  const known: readonly string[] = [...decisive, ...measured];
  return [...names]
    .filter((name) => name !== "seed" && (known.includes(name) || identities[0]!.from !== "settings"))
    .filter((name) => identities.every(({ settings }) => isShort(settings[name])))
    .filter((name) => new Set(identities.map((identity) => spelled(identity, name))).size > 1);
};

/** What tells cells apart, by name; where settings do not, the hash of all that is known of them does. */
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

/** Settings that all runs of built-in experiments share. */
const sharedIn = (identities: readonly Identity[], cells: readonly Cell[]): Shared => {
  if (identities.some(({ from }) => from !== "settings")) return undefined;
  const axes = new Set(cells.flatMap((cell) => Object.keys(cell)));
  return Object.fromEntries(
    Object.entries(identities[0]!.settings).filter(([name]) => !axes.has(name)),
  ) as Partial<Settings>;
};

/** Letters that a name of a cell has room for with the names of its settings. */
const roomy = 30;

const cellName = ({ head, of }: Columns, cell: Cell): string => {
  const values = of(cell);
  const whole = head.map((name, i) => `${name} ${values[i]}`).join(", ");
  return whole.length <= roomy ? whole : values.join(", ");
};

const view = (title: string, { head, rows }: Table): TableView => ({ title, head, rows });

/** Cells with what each is compared with, as far as what runs were says it. */
const comparedIn = async (
  cells: readonly IdentifiedCell[],
  { within = [], against, margin }: Comparing,
): Promise<Compared & { readonly pools: readonly Pool[] }> => {
  const idOf = (cell: number, changes: Cell): string => {
    const { identity } = cells[cell]!;
    const settings = { ...identity.settings, ...changes };
    return cellId({
      ...identity,
      settings: identity.from === "settings" ? { ...getOrThrow(decodeSettings(settings)) } : settings,
    });
  };
  const firsts = firstsOf(within, cells);
  const counterparts = await counterpartsOf(
    { cells: cells.length, seeds: [1], ...(against && { against }) },
    idOf,
    new Map(cells.map(({ identity }, cell) => [cellId(identity), cell])),
  );
  return {
    ...{ cells: cells.map(({ settings }) => settings), firsts, counterparts, margin },
    pools: poolsOf(cells, within, firsts, counterparts),
  };
};

/** How runs are told as a study. */
interface Telling {
  /** Whether they are those of a study, whose cells are told also where each has one run. */
  readonly isStudy?: boolean;
  readonly comparing?: Comparing;
}

/**
 * Runs as a study: of runs that differ in their seeds alone a cell is made, in the order in which they come.
 *
 * @param runs of which the first one's cell is the one that others are compared with, in its group
 * @returns rejects with `RangeflowFailure` where cells cannot be compared as asked for
 */
export const studyOf = async (
  title: string,
  runs: readonly KnownRun[],
  { isStudy = false, comparing = {} }: Telling = {},
): Promise<StudyView | undefined> => {
  const first = new Map<string, Identity>();
  for (const { identity } of runs)
    if (identity) first.set(cellId(identity), first.get(cellId(identity)) ?? identity);
  const [ids, identities] = [[...first.keys()], [...first.values()]];
  if (identities.length === 0) return undefined;
  const cells = cellsOf(identities);
  const shared = sharedIn(identities, cells);
  const compared = await comparedIn(
    cells.map((settings, cell) => ({ settings, identity: identities[cell]! })),
    comparing,
  );
  const cellOf = ({ identity }: KnownRun): number | undefined => identity && ids.indexOf(cellId(identity));
  const seedOf = ({ identity }: KnownRun): unknown => identity?.settings.seed;
  const againstOf = (run: KnownRun, place: number): number | undefined => {
    // Runs that are no seeds of each other are compared with the first one.
    const isPaired = runs.some((one, i) => i > 0 && cellOf(one) === cellOf(runs[0]!));
    const first = compared.firsts[cellOf(run) ?? 0];
    const other = isPaired
      ? runs.findIndex((one) => cellOf(one) === first && seedOf(one) === seedOf(run))
      : runs.findIndex((one) => cellOf(one) === first);
    return other < 0 || other === place ? undefined : other;
  };
  const events = runs.flatMap((run): readonly RunEvent[] => {
    const cell = cellOf(run);
    if (cell === undefined) return [];
    const which = {
      event: "run" as const,
      run: run.name,
      cell,
      settings: cells[cell]!,
      seed: Number(run.identity!.settings.seed),
    };
    if (run.done) return [{ ...which, status: "done", before: true, done: run.done }];
    return run.message === undefined ? [] : [{ ...which, status: "failed", message: run.message }];
  });
  const done = events.filter((event): event is RunDoneEvent => event.status === "done");
  const summaries = summaryOf(compared, events);
  const pools = pooledOf(compared.pools, compared, events);
  const columns = columnsOf(shared, cells, comparing.within);
  const roles = roleTable(columns, summaries);
  // Cells have names in a study only; runs that are compared have their own.
  const named = runs.flatMap(({ name, identity, message }) =>
    (identity === undefined || !isStudy) && message !== undefined ? [`failed: ${name}: ${message}`] : [],
  );
  return {
    title,
    runs: runs.map((run, i) => ({ cell: cellOf(run), state: run.state, against: againstOf(run, i) })),
    hasCells: isStudy || done.length > new Set(done.map(({ cell }) => cell)).size,
    cells: cells.map((cell) => cellName(columns, cell)),
    chart: studyChartView({ title, shared, cells: summaries, within: comparing.within }, done),
    tables: [
      view("Scores and costs", scoreTable(columns, summaries)),
      ...(pools.length > 0 ? [view("Taken together", poolTable(pools))] : []),
      ...(roles.rows.length > 0 ? [view("Ranges by role", roles)] : []),
    ],
    legend: legendOf(comparing, summaries, { pools, groups: columns.groups }),
    failures: [...(isStudy ? failuresIn(columns, summaries) : []), ...named],
  };
};
