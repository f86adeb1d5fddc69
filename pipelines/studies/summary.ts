/** @file The runs of a study, cell by cell. */
import type { DoneEvent, RoleEvent } from "../runs/events.ts";
import { scoreResolution } from "../runs/scores.ts";
import type { CellEvent, Comparison, RunDoneEvent, RunEvent } from "./events.ts";
import type { Plan } from "./plan.ts";
import { differenceOf, meanOf, spreadOf } from "./spread.ts";

const isDone = (run: RunEvent): run is RunDoneEvent => run.status === "done";

const rolesOf = (runs: readonly RunDoneEvent[]): readonly RoleEvent[] =>
  (runs[0]?.done.roles ?? []).map(({ role }) => {
    const same = runs.flatMap(({ done }) => done.roles.filter((other) => other.role === role));
    const mean = (field: Exclude<keyof RoleEvent, "role">): number => meanOf(same.map((r) => r[field]));
    return {
      role,
      staticSites: mean("staticSites"),
      dynamicSites: mean("dynamicSites"),
      clippedShare: mean("clippedShare"),
      movedStatically: mean("movedStatically"),
      movedDynamically: mean("movedDynamically"),
      bytesSaved: mean("bytesSaved"),
    };
  });

type Reading = (done: DoneEvent) => number;

const scoreIn: Reading = ({ score }) => score;
const bestIn: Reading = ({ bestScore }) => bestScore;

/** One cell's runs less another one's; null where no seed is done in both, or they are judged by something else. */
const comparisonOf = (done: readonly RunDoneEvent[], others: readonly RunDoneEvent[]): Comparison | null => {
  const pairs = done.flatMap((run) => {
    const other = others.find(({ seed }) => seed === run.seed);
    return other === undefined || other.done.metric !== run.done.metric
      ? []
      : [[run.done, other.done] as const];
  });
  const resolution = Math.max(...pairs.flat().map(scoreResolution));
  const difference = (read: Reading) =>
    differenceOf(
      pairs.map(([a, b]) => (read(a) === read(b) ? 0 : read(a) - read(b))),
      resolution,
    );
  return pairs.length === 0 ? null : { test: difference(scoreIn), bestTest: difference(bestIn) };
};

/** Summary of each cell, from the runs that have ended. */
export const summaryOf = (
  { cells, counterparts }: Pick<Plan, "cells" | "counterparts">,
  runs: readonly RunEvent[],
): readonly CellEvent[] => {
  const bySeed = runs.toSorted((a, b) => a.seed - b.seed);
  const doneIn = (cell: number): readonly RunDoneEvent[] =>
    bySeed.filter(isDone).filter((run) => run.cell === cell);
  return cells.map((settings, cell): CellEvent => {
    const done = doneIn(cell);
    const spread = (read: Reading) => spreadOf(done.map((run) => read(run.done)));
    const counterpart = counterparts[cell];
    const against = counterpart === undefined ? null : comparisonOf(done, doneIn(counterpart));
    return {
      event: "cell",
      cell,
      settings,
      seeds: done.map(({ seed }) => seed),
      failed: bySeed.flatMap((run) =>
        run.cell === cell && run.status === "failed" ? [{ seed: run.seed, message: run.message }] : [],
      ),
      score: done[0]?.done.metric ?? "accuracy",
      better: done[0]?.done.better ?? "higher",
      test: spread(scoreIn),
      bestTest: spread(bestIn),
      seconds: spread(({ seconds }) => seconds),
      roles: rolesOf(done),
      againstFirst: cell === 0 ? null : comparisonOf(done, doneIn(0)),
      againstCounterpart: against && { cell: counterpart as number, ...against },
    };
  });
};
