/** @file A study on the terminal: a progress bar or lines while it runs, tables at the end. */

import { counted } from "../../core/inWords.ts";
import { poolTable } from "../report/comparisonColumns.ts";
import type { InForce } from "../report/inForce.ts";
import { legendOf } from "../report/studyLegend.ts";
import {
  type Columns,
  columnsOf,
  failuresIn,
  roleTable,
  scoreTable,
  unfinishedFirsts,
} from "../report/studyTables.ts";
import type { Comparing } from "../studies/comparing.ts";
import type {
  CellEvent,
  ComparedEvent,
  PoolEvent,
  ProgressEvent,
  RunEvent,
  StudyEvent,
} from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import type { SweepEvent } from "../sweeps/sweep.ts";
import { table } from "../text/table.ts";
import { scoreName, scoreText } from "../views/scoreText.ts";
import type { Progress, Terminal } from "./command.ts";
import { overriddenLines } from "./overriddenText.ts";
import { wrapped } from "./wrapped.ts";

/** Columns of the legend below the tables. */
const legendColumns = 130;

interface Results {
  readonly cells: readonly CellEvent[];
  readonly pools: readonly PoolEvent[];
  /** Names of first cells of which no run has finished. */
  readonly unfinished: readonly string[];
}

const resultText = (
  columns: Columns,
  { cells, pools, unfinished }: Results,
  comparing: Comparing,
  place: string,
): string => {
  const [scores, roles] = [scoreTable(columns, cells, comparing.margin), roleTable(columns, cells)];
  const together = poolTable(pools, comparing.margin);
  return [
    "",
    table(scores.head, scores.rows),
    "",
    ...(pools.length > 0 ? [table(together.head, together.rows), ""] : []),
    ...(roles.rows.length > 0 ? [table(roles.head, roles.rows), ""] : []),
    ...wrapped(
      legendOf(comparing, cells, { pools, groups: columns.groups, unfinished }).join(" "),
      legendColumns,
    ),
    ...failuresIn(columns, cells),
    place,
    "",
  ].join("\n");
};

/** Whether any run of a cell has finished or failed. */
export const hasEnded = ({ seeds, failed }: CellEvent): boolean => seeds.length + failed.length > 0;

const startText = (e: StudyEvent): string =>
  `${counted(e.runs, "run")} (cells: ${e.cells}, seeds: ${e.runs / e.cells}) in ${e.out}, ${
    e.finished === e.runs
      ? "all finished before"
      : `${e.queue === undefined ? `${e.jobs} at a time` : `by the workers of ${e.queue}`}${e.finished > 0 ? `; finished before: ${e.finished}` : ""}`
  }`;

/** Number of finished runs of a study, and of cells without any. */
const endedText = ({ done, left }: ComparedEvent, cells: readonly CellEvent[]): string => {
  const missing = cells.filter((cell) => !hasEnded(cell)).length;
  return `${done} of ${done + left} runs have finished${missing === 0 ? "" : `; cells without any: ${missing} of ${cells.length}`}\n`;
};

const runText = (columns: Columns, e: RunEvent): string => {
  const named = columns.head.map((name, i) => `${name} ${columns.of(e.settings)[i]}`).join("  ");
  return e.status === "done"
    ? `${named}  seed ${e.seed}: test ${scoreName(e.done.metric)} ${scoreText(e.done.metric, e.done.score)} (best ${scoreText(e.done.metric, e.done.bestScore)}) in ${e.done.seconds.toFixed(1)} s`
    : `${named}  seed ${e.seed}: failed, ${e.message}`;
};

const progressOf = ({ runs, ended, running, share }: ProgressEvent): Progress => ({
  share,
  text: `${ended}/${counted(runs, "run")}  ${running} running`,
});

/** Prints the events of a study as text. */
export const showing = (
  { out, draw }: Terminal,
  inForce: InForce,
  cells: readonly Cell[],
  comparing: Comparing,
): ((event: SweepEvent) => void) => {
  const columns = columnsOf(inForce, cells, comparing.within);
  const summaries: CellEvent[] = [];
  const pools: PoolEvent[] = [];
  let isOnlyFinished = false;
  let isQueued = false;

  return (event) => {
    switch (event.event) {
      case "study":
        isOnlyFinished = event.jobs === 0 && event.queue === undefined;
        isQueued = event.queue !== undefined;
        if (isOnlyFinished) return;
        return out(`${[startText(event), ...overriddenLines(event.overridden)].join("\n")}\n`);
      case "run":
        if (event.status === "done" && event.before) return;
        draw();
        return out(`${runText(columns, event)}\n`);
      case "machine":
        draw();
        return out(`${event.machine} has returned runs: ${event.refuses}\n`);
      case "trouble":
        draw();
        return out(`${event.message}\n`);
      case "progress":
        return draw(progressOf(event));
      case "cell":
        summaries.push(event);
        return;
      case "pool":
        pools.push(event);
        return;
      case "compared":
        draw();
        if (event.done + event.failed > 0) {
          const ended = summaries.filter(hasEnded);
          const settings = ended.map((cell) => cell.settings);
          const place = `run directories are in ${event.out}${isOnlyFinished ? "" : `, a table of all runs is in ${event.out}/runs.csv`}`;
          const told = columnsOf(inForce, settings, comparing.within);
          const unfinished = unfinishedFirsts(inForce, summaries, comparing.within);
          out(resultText(told, { cells: ended, pools, unfinished }, comparing, place));
        }
        if (isOnlyFinished) out(endedText(event, summaries));
        else if (event.left > 0)
          out(
            `stopped, ${event.left} of ${event.done + event.failed + event.left} runs left; ${
              isQueued
                ? "the workers continue, and the same command follows them"
                : "the same command continues"
            }\n`,
          );
    }
  };
};
