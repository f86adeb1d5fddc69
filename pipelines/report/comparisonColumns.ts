/** @file Differences between cells as text in tables: mean and error, p, and whether they lie within a margin. */
import type { CellEvent, Comparison, PoolEvent } from "../studies/events.ts";
import type { JudgedMean } from "../studies/spread.ts";
import type { Table } from "../text/table.ts";
import { scoreFormat } from "../views/scoreText.ts";

type Judged = JudgedMean | null | undefined;

/** A number with its sign. Numbers that round to 0 have none. */
const signed = (print: (value: number) => string, value: number): string =>
  Number(print(value)) === 0 ? print(0) : `${value > 0 ? "+" : ""}${print(value)}`;

/** `-0.12 ± 0.08`, in percentage points, in dB, or in the unit of the metric. */
const differenceText = (metric: string, judged: Judged): string => {
  if (judged === null || judged === undefined) return "-";
  const { mean, standardError } = judged;
  const print = scoreFormat(metric, [mean, standardError ?? 0]);
  const text = signed(print, mean);
  return standardError === null ? text : `${text} ± ${print(standardError)}`;
};

const chanceText = (p: number | null | undefined): string =>
  p === null || p === undefined ? "-" : p < 0.001 ? "< 0.001" : p.toFixed(3);

/** `-0.40..+0.15` */
const intervalText = (metric: string, judged: Judged): string => {
  if (!judged?.equivalence) return "-";
  const { interval } = judged.equivalence;
  const print = scoreFormat(metric, interval);
  return interval.map((end) => signed(print, end)).join("..");
};

/** The margin, if at least one difference was tested against it. */
const marginHeld = (margin: number | undefined, judged: readonly Judged[]): number | undefined =>
  judged.some((one) => one?.equivalence) ? margin : undefined;

/** Heads and texts of the columns of a difference. */
const columnsWithin = (title: string, margin: number | undefined) => ({
  head: [title, "p", ...(margin === undefined ? [] : ["90 % interval", `p within ±${margin}`])],
  of: (metric: string, judged: Judged): readonly string[] => [
    differenceText(metric, judged),
    chanceText(judged?.p),
    ...(margin === undefined ? [] : [intervalText(metric, judged), chanceText(judged?.equivalence?.p)]),
  ],
});

type Reading = (cell: CellEvent) => Comparison | null;

/** Some columns of a table of cells. */
interface CellColumns {
  readonly head: readonly string[];
  readonly of: (cell: CellEvent) => readonly string[];
}

const columnsFor = (
  title: string,
  cells: readonly CellEvent[],
  margin: number | undefined,
  read: Reading,
): CellColumns => {
  const held = marginHeld(
    margin,
    cells.map((cell) => read(cell)?.test),
  );
  const { head, of } = columnsWithin(title, held);
  return { head, of: (cell) => of(cell.score, read(cell)?.test) };
};

/**
 * Columns for the comparisons of cells: with the first cell of their group, and with their counterparts if there are any.
 *
 * @param margin equivalence margin, as the user gave it
 */
export const comparisonColumns = (cells: readonly CellEvent[], margin?: number): readonly CellColumns[] => [
  ...(cells.length > 1 ? [columnsFor("vs. first", cells, margin, ({ againstFirst }) => againstFirst)] : []),
  ...(cells.some(({ againstCounterpart }) => againstCounterpart !== null)
    ? [columnsFor("vs. counterpart", cells, margin, ({ againstCounterpart }) => againstCounterpart)]
    : []),
];

/** Table of pooled cells; without rows if there are none. */
export const poolTable = (pools: readonly PoolEvent[], margin?: number): Table => {
  const held = marginHeld(
    margin,
    pools.map(({ test }) => test),
  );
  const { head, of } = columnsWithin("vs. counterpart", held);
  return {
    head: ["together", "cells", "groups", "pairs", ...head],
    rows: pools.map(({ name, cells, score, test }) => [
      name,
      String(cells.length),
      String(test.groups),
      String(test.pairs),
      ...of(score, test),
    ]),
  };
};
