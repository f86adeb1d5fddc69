/** @file Runs as a study, with the statistics of `compare`. */
import { counted } from "../../core/inWords.ts";
import type { Comparing } from "../studies/comparing.ts";
import type { RunDoneEvent, RunEvent } from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import { pooledOf } from "../studies/pooled.ts";
import type { StudyFile } from "../studies/studyFile.ts";
import { summaryOf } from "../studies/summary.ts";
import type { Table } from "../text/table.ts";
import type { StudyView, TableView } from "../views/studyView.ts";
import { poolTable } from "./comparisonColumns.ts";
import { type ReportedRun, type StudyCells, studyCells } from "./studyCells.ts";
import { studyChartView } from "./studyChartView.ts";
import { legendOf } from "./studyLegend.ts";
import {
  type Columns,
  columnsOf,
  failuresIn,
  roleTable,
  scoreTable,
  unfinishedFirsts,
} from "./studyTables.ts";

/** Number of letters up to which a cell's name includes the names of its settings. */
const roomy = 30;

const cellName = ({ head, of }: Columns, cell: Cell): string => {
  const values = of(cell);
  const whole = head.map((name, i) => `${name} ${values[i]}`).join(", ");
  return whole.length <= roomy ? whole : values.join(", ");
};

const view = (title: string, { head, rows }: Table): TableView => ({ title, head, rows });

/**
 * The run that another run is compared with: the run with the same seed in the first cell of its group, or the first run of that cell if
 * no two runs share a seed.
 */
const againstOf = (
  runs: readonly ReportedRun[],
  { cellOf, compared: { firsts } }: StudyCells,
  place: number,
): number | undefined => {
  const cell = cellOf[place];
  if (cell === undefined) return undefined;
  const known = cellOf.filter((one) => one !== undefined);
  const haveSeeds = new Set(known).size < known.length;
  const seedOf = ({ identity }: ReportedRun): unknown => identity?.settings.seed;
  const other = runs.findIndex(
    (run, i) => cellOf[i] === firsts[cell] && (!haveSeeds || seedOf(run) === seedOf(runs[place]!)),
  );
  return other < 0 || other === place ? undefined : other;
};

/** Summary of runs as events, as `compare` emits them. */
const eventsOf = (
  runs: readonly ReportedRun[],
  { cellOf, compared: { cells } }: StudyCells,
): readonly RunEvent[] =>
  runs.flatMap(({ name, identity, seed, done, message }, i): readonly RunEvent[] => {
    const cell = cellOf[i];
    if (cell === undefined) return [];
    const which = {
      ...{ event: "run" as const, run: name, cell, settings: cells[cell]! },
      seed: seed ?? Number(identity?.settings.seed),
    };
    if (done) return [{ ...which, status: "done", before: true, done }];
    return message === undefined ? [] : [{ ...which, status: "failed", message }];
  });

/** Text about failed runs of earlier plans. */
const unplannedText = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [
        `${counted(names.length, "failed run left nothing and is", "failed runs left nothing and are")} not planned any more: ${names.join(", ")}.`,
      ];

/** Text about runs that belong to no cell. */
const otherRunsText = (runs: readonly ReportedRun[], { cellOf }: StudyCells): readonly string[] => {
  const others = runs.filter(({ identity }, i) => identity && cellOf[i] === undefined);
  if (others.length === 0) return [];
  const one = others.length === 1;
  return [
    `${others.length} ${one ? "run is" : "runs are"} of no cell of this study as it was planned last, and in no table: ${others
      .map(({ name }) => name)
      .join(", ")}. A report of the directories of all runs compares them by their settings.`,
  ];
};

/** How runs are reported as a study. */
interface Telling {
  /** Whether they belong to a study. Its cells are reported even if each has only one run. */
  readonly isStudy?: boolean;
  readonly comparing?: Comparing;
  /** The plan in the directory of the study. */
  readonly planned?: StudyFile | undefined;
  /** Settings that cells are told apart by although they change no bit; none where missing. */
  readonly varied?: readonly string[];
  /** Names of failed runs that left nothing and are not planned any more. */
  readonly unplanned?: readonly string[];
}

/**
 * Runs as a study. Cells are those of its plan, or groups of runs that differ only in their seeds.
 *
 * @param runs in the order of their cells; without a plan, the others of a group are compared with the cell of its first run
 * @returns rejects with `RangeflowFailure` if the requested comparison is impossible
 */
export const studyOf = async (
  title: string,
  runs: readonly ReportedRun[],
  { isStudy = false, comparing: asked = {}, planned, varied = [], unplanned = [] }: Telling = {},
): Promise<StudyView | undefined> => {
  const found = await studyCells(runs, asked, { planned, varied });
  if (found === undefined) return undefined;
  const { compared, cellOf, inForce, comparing } = found;
  const events = eventsOf(runs, found);
  const done = events.filter((event): event is RunDoneEvent => event.status === "done");
  const all = summaryOf(compared, events);
  const summaries = all.filter(({ cell }) => cellOf.includes(cell));
  const pools = pooledOf(compared.pools, compared, events);
  const columns = columnsOf(
    inForce,
    summaries.map(({ settings }) => settings),
    comparing.within,
  );
  const roles = roleTable(columns, summaries);
  // Cells have names in a study only; runs that are compared have their own, and so has one that has ended and cannot be read whole.
  const named = runs.flatMap(({ name, directory, identity, done, message }, i) => {
    const isOther = cellOf[i] === undefined;
    // What once failed of an earlier plan is told with the other runs of no cell.
    if (message === undefined || (planned && isOther && identity && !done)) return [];
    return isOther || done || !isStudy ? [`failed: ${identity ? name : directory}: ${message}`] : [];
  });
  return {
    title,
    runs: runs.map(({ state }, i) => ({ cell: cellOf[i], state, against: againstOf(runs, found, i) })),
    hasCells: isStudy || done.length > new Set(done.map(({ cell }) => cell)).size,
    cells: compared.cells.map((cell) => cellName(columns, cell)),
    chart: studyChartView({ title, inForce, cells: summaries, within: comparing.within }, done),
    tables: [
      view("Scores and costs", scoreTable(columns, summaries, comparing.margin)),
      ...(pools.length > 0 ? [view("Taken together", poolTable(pools, comparing.margin))] : []),
      ...(roles.rows.length > 0 ? [view("Ranges by role", roles)] : []),
    ],
    legend: legendOf(comparing, summaries, {
      ...{ pools, groups: columns.groups },
      unfinished: unfinishedFirsts(inForce, all, comparing.within),
    }),
    failures: [
      ...(isStudy ? failuresIn(columns, summaries) : []),
      ...named,
      ...otherRunsText(runs, found),
      ...unplannedText(unplanned),
    ],
    left: found.left,
  };
};
