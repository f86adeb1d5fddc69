/** @file Summary of a study's runs, cell by cell. */
import { mean } from "../../core/mean.ts";
import type { DoneEvent, RoleEvent } from "../runs/events.ts";
import { scoreResolution } from "../runs/scores.ts";
import { scoreUnit } from "../views/scoreText.ts";
import type { Counterparts } from "./counterparts.ts";
import type { CellEvent, Comparison, RunDoneEvent, RunEvent } from "./events.ts";
import type { Cell } from "./grid.ts";
import { differenceOf, spreadOf } from "./spread.ts";

/** Cells, and the cells that each is compared with. */
export interface Compared {
  readonly cells: readonly Cell[];
  /** Number of the first cell of each cell's group. */
  readonly firsts: readonly number[];
  readonly counterparts: Counterparts;
  /** In the unit in which scores are printed. */
  readonly margin?: number | undefined;
}

const isDone = (run: RunEvent): run is RunDoneEvent => run.status === "done";

const rolesOf = (runs: readonly RunDoneEvent[]): readonly RoleEvent[] =>
  (runs[0]?.done.roles ?? []).map(({ role }) => {
    const same = runs.flatMap(({ done }) => done.roles.filter((other) => other.role === role));
    const meanIn = (field: Exclude<keyof RoleEvent, "role">): number => mean(same.map((r) => r[field]));
    return {
      role,
      staticSites: meanIn("staticSites"),
      dynamicSites: meanIn("dynamicSites"),
      clippedShare: meanIn("clippedShare"),
      movedStatically: meanIn("movedStatically"),
      movedDynamically: meanIn("movedDynamically"),
      bytesSaved: meanIn("bytesSaved"),
    };
  });

type Reading = (done: DoneEvent) => number;

const scoreIn: Reading = ({ score }) => score;
const bestIn: Reading = ({ bestScore }) => bestScore;

/** Whether two runs are scored by the same metric in the same direction. */
export const isScoredAlike = ({ done }: RunDoneEvent, other: RunDoneEvent): boolean =>
  done.metric === other.done.metric && done.better === other.done.better;

/** Pairs of runs of two cells with the same seed and the same score metric. */
export const pairsOf = (
  done: readonly RunDoneEvent[],
  others: readonly RunDoneEvent[],
): readonly (readonly [run: RunDoneEvent, other: RunDoneEvent])[] =>
  done.flatMap((run) => {
    const other = others.find(({ seed }) => seed === run.seed);
    return other === undefined || !isScoredAlike(run, other) ? [] : [[run, other] as const];
  });

/** Difference of two scores; 0 if both are infinite with the same sign. */
export const differing = (score: number, other: number): number => (score === other ? 0 : score - other);

/** Smallest difference between two different scores of some runs; undefined unless it is known for all. */
export const resolutionOf = (runs: readonly RunDoneEvent[]): number | undefined => {
  const all = runs.map(({ done }) => scoreResolution(done));
  const known = all.filter((one) => one !== undefined);
  return known.length === all.length ? Math.max(...known) : undefined;
};

/** The margin in the unit of the scores. */
export const marginOf = ([run]: readonly RunDoneEvent[], margin: number | undefined): number | undefined =>
  margin === undefined || run === undefined ? undefined : margin / scoreUnit(run.done.metric).factor;

/** One cell's runs minus another one's; null if no seed is done in both, or they are scored by different metrics. */
const comparisonOf = (
  done: readonly RunDoneEvent[],
  cell: number,
  others: readonly RunDoneEvent[],
  margin: number | undefined,
): Comparison | null => {
  const pairs = pairsOf(done, others);
  const difference = (read: Reading) =>
    differenceOf(
      pairs.map(([a, b]) => differing(read(a.done), read(b.done))),
      resolutionOf(pairs.flat()),
      marginOf(pairs.flat(), margin),
    );
  return pairs.length === 0 ? null : { cell, test: difference(scoreIn), bestTest: difference(bestIn) };
};

/** Finished runs of a cell, by seed. */
export const doneIn = (runs: readonly RunEvent[], cell: number): readonly RunDoneEvent[] =>
  runs
    .filter(isDone)
    .filter((run) => run.cell === cell)
    .toSorted((a, b) => a.seed - b.seed);

/** Summary of each cell from the finished runs: group by group, in the order of their first cells. */
export const summaryOf = (
  { cells, firsts, counterparts, margin }: Compared,
  runs: readonly RunEvent[],
): readonly CellEvent[] => {
  const bySeed = runs.toSorted((a, b) => a.seed - b.seed);
  const against = (cell: number, other: number | undefined): Comparison | null =>
    other === undefined || other === cell
      ? null
      : comparisonOf(doneIn(runs, cell), other, doneIn(runs, other), margin);
  return cells
    .map((settings, cell): CellEvent => {
      const done = doneIn(runs, cell);
      const spread = (read: Reading) => spreadOf(done.map((run) => read(run.done)));
      return {
        event: "cell",
        cell,
        settings,
        seeds: done.map(({ seed }) => seed),
        failed: bySeed.flatMap((run) =>
          run.cell === cell && run.status === "failed" ? [{ seed: run.seed, message: run.message }] : [],
        ),
        faults: done.reduce((sum, run) => sum + run.done.faults, 0),
        score: done[0]?.done.metric ?? "accuracy",
        better: done[0]?.done.better ?? "higher",
        test: spread(scoreIn),
        bestTest: spread(bestIn),
        seconds: spread(({ seconds }) => seconds),
        roles: rolesOf(done),
        first: firsts[cell] as number,
        againstFirst: against(cell, firsts[cell]),
        againstCounterpart: against(cell, counterparts[cell]),
      };
    })
    .toSorted((a, b) => a.first - b.first);
};
