/** @file View of a study for its chart: test scores by metric, bytes moved, and seconds per run. */
import type { DoneEvent } from "../runs/events.ts";
import { optionName } from "../settings/settings.ts";
import type { CellEvent, RunDoneEvent } from "../studies/events.ts";
import { spreadOf } from "../studies/spread.ts";
import { byteUnit } from "../text/numbers.ts";
import { scoreFormat, scoreName, scoreUnit } from "../views/scoreText.ts";
import type { CellSpread, StudyChartView, StudyPanel } from "../views/studyChartView.ts";
import type { InForce } from "./inForce.ts";
import { columnsOf, isJudgedAlike, judgedBy, movedIn } from "./studyTables.ts";

/** A quantity of runs. */
interface Quantity {
  /** Undefined for a run without this quantity. */
  readonly read: (done: DoneEvent) => number | undefined;
  /** Converts the quantity to the unit of the chart. */
  readonly factor: number;
  /** Prints numbers that appear together. */
  readonly print: (together: readonly number[]) => (value: number) => string;
}

const spreadIn = (
  { cell, score }: CellEvent,
  runs: readonly RunDoneEvent[],
  { read, factor, print }: Quantity,
): CellSpread | null => {
  const values = runs
    .filter((run) => run.cell === cell && run.done.metric === score)
    .toSorted((a, b) => a.seed - b.seed)
    .flatMap(({ seed, done }) => {
      const value = read(done);
      return value === undefined ? [] : [{ seed, value }];
    });
  const spread = spreadOf(values.map(({ value }) => value));
  if (spread === null) return null;
  const { mean, sd } = spread;
  const text = print([mean, sd ?? 0]);
  return {
    values: values.map(({ seed, value }) => ({ seed, value: factor * value })),
    mean: factor * mean,
    sd: sd === null ? null : factor * sd,
    text: sd === null || Number(text(sd)) === 0 ? text(mean) : `${text(mean)} ± ${text(sd)}`,
  };
};

const { POSITIVE_INFINITY: infinite, NEGATIVE_INFINITY: least } = Number;

const decimals =
  (digits: number, factor = 1): Quantity["print"] =>
  () =>
  (value) =>
    (factor * value).toFixed(digits);

/** Score of a study without finished runs. */
const accuracy = { score: "accuracy", better: "higher" } as const;

/** Result of a study. */
interface Result {
  readonly title: string;
  readonly inForce: InForce;
  readonly cells: readonly CellEvent[];
  /** Settings that divide the cells into groups. */
  readonly within?: readonly string[] | undefined;
}

/**
 * View of a study for its chart. Cells are grouped by the first setting in `within`; otherwise by bits if they differ, or by the first
 * setting that does. Cells that are scored by different metrics get a panel for each metric.
 *
 * @param runs the finished runs
 */
export const studyChartView = (
  { title, inForce, cells, within = [] }: Result,
  runs: readonly RunDoneEvent[],
): StudyChartView => {
  const columns = columnsOf(
    inForce,
    cells.map(({ settings }) => settings),
    within,
  );
  const panel = (
    quantity: Quantity,
    rest: Omit<StudyPanel, "cells">,
    has = (_: CellEvent): boolean => true,
  ): StudyPanel => ({
    ...rest,
    cells: cells.map((cell) => (has(cell) ? spreadIn(cell, runs, quantity) : null)),
  });
  /** Panel of the scores by one metric, with an axis of its own. */
  const scores = (metric: Pick<CellEvent, "score" | "better">): StudyPanel => {
    const { score, better } = metric;
    const { factor, unit } = scoreUnit(score);
    return panel(
      { read: (done) => done.score, factor, print: (together) => scoreFormat(score, together) },
      {
        title: `test ${scoreName(score)}, ${unit || `${better} is better`}`,
        bounds: unit === "%" ? [0, 100] : [least, infinite],
        fromZero: false,
      },
      (cell) => isJudgedAlike(cell, metric),
    );
  };
  const judged = judgedBy(cells.filter(({ test }) => test !== null));
  const moved = runs.map(({ done }) => movedIn(done) ?? 0);
  const size = byteUnit(Math.max(0, ...moved));
  return {
    title,
    heads: columns.head,
    names: cells.map(({ settings }) => columns.of(settings)),
    groupedBy:
      [...within.map(optionName), "bits"]
        .map((head) => columns.head.indexOf(head))
        .find((place) => place >= 0) ?? 0,
    firsts: cells.map(({ first }) => cells.findIndex(({ cell }) => cell === first)),
    panels: [
      ...(judged.length === 0 ? [accuracy] : judged).map(scores),
      ...(moved.some((bytes) => bytes > 0)
        ? [
            panel(
              { read: movedIn, factor: 1 / size.bytes, print: decimals(1, 1 / size.bytes) },
              { title: `bytes moved in a run, ${size.unit}`, bounds: [0, infinite], fromZero: true },
            ),
          ]
        : []),
      panel(
        { read: (done) => done.seconds, factor: 1, print: decimals(1) },
        { title: "seconds of a run", bounds: [0, infinite], fromZero: true },
      ),
    ],
  };
};
