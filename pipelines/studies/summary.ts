/** @file The runs of a study, cell by cell. */
import type { DoneEvent, RoleEvent } from "../events.ts";
import { bestTest, lastTest, scoreOf } from "../scores.ts";
import type { CellEvent, RunDoneEvent, RunEvent } from "./events.ts";
import type { Cell } from "./grid.ts";
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
      spared: mean("spared"),
    };
  });

type Reading = (done: DoneEvent) => number;

/** What each cell comes to, from the runs that have ended. */
export const summaryOf = (cells: readonly Cell[], runs: readonly RunEvent[]): readonly CellEvent[] => {
  const bySeed = runs.toSorted((a, b) => a.seed - b.seed);
  const doneIn = (cell: number): readonly RunDoneEvent[] =>
    bySeed.filter(isDone).filter((run) => run.cell === cell);
  const first = doneIn(0);
  const paired = (done: readonly RunDoneEvent[], read: Reading) =>
    differenceOf(
      done.flatMap((run) => {
        const other = first.find(({ seed }) => seed === run.seed);
        return other === undefined ? [] : [read(run.done) - read(other.done)];
      }),
    );
  return cells.map((settings, cell): CellEvent => {
    const done = doneIn(cell);
    const spread = (read: Reading) => spreadOf(done.map((run) => read(run.done)));
    const score = done[0] === undefined ? "accuracy" : scoreOf(done[0].done);
    const isComparable = cell > 0 && first[0] !== undefined && scoreOf(first[0].done) === score;
    const test = isComparable ? paired(done, lastTest) : null;
    return {
      event: "cell",
      cell,
      settings,
      seeds: done.map(({ seed }) => seed),
      failed: bySeed.flatMap((run) =>
        run.cell === cell && run.status === "failed" ? [{ seed: run.seed, message: run.message }] : [],
      ),
      score,
      test: spread(lastTest),
      bestTest: spread(bestTest),
      seconds: spread(({ seconds }) => seconds),
      roles: rolesOf(done),
      againstFirst: test && { test, bestTest: paired(done, bestTest) },
    };
  });
};
