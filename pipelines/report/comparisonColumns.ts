/** @file Differences between cells as texts of tables: their mean and error, their p, and whether they lie within a margin. */
import type { CellEvent, Comparison, PoolEvent } from "../studies/events.ts";
import type { JudgedMean } from "../studies/spread.ts";
import { scoreFormat, scoreUnit } from "../views/scoreText.ts";
import type { Table } from "./table.ts";

type Judged = JudgedMean | null | undefined;

/** A number with its sign; what rounds to 0 has none. */
const signed = (print: (value: number) => string, value: number): string =>
  Number(print(value)) === 0 ? print(0) : `${value > 0 ? "+" : ""}${print(value)}`;

/** `-0.12 ± 0.08`, in percentage points, in dB, or as the metric is. */
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

/** Margin that differences are held against, as it was asked for; undefined where there is none. */
export const marginText = (
  judged: readonly (readonly [metric: string, judged: Judged])[],
): string | undefined => {
  const [metric, one] = judged.find(([, each]) => each?.equivalence) ?? [];
  const margin = one?.equivalence?.margin;
  return metric === undefined || margin === undefined
    ? undefined
    : String(Number((margin * scoreUnit(metric).factor).toPrecision(12)));
};

/** Columns of a difference: their heads, and their texts. */
const columnsWithin = (title: string, margin: string | undefined) => ({
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

const columnsFor = (title: string, cells: readonly CellEvent[], read: Reading): CellColumns => {
  const { head, of } = columnsWithin(
    title,
    marginText(cells.map((cell) => [cell.score, read(cell)?.test] as const)),
  );
  return { head, of: (cell) => of(cell.score, read(cell)?.test) };
};

/** Columns of what cells are compared with: the first of their group, and their counterparts where there are any. */
export const comparisonColumns = (cells: readonly CellEvent[]): readonly CellColumns[] => [
  ...(cells.length > 1 ? [columnsFor("vs. first", cells, ({ againstFirst }) => againstFirst)] : []),
  ...(cells.some(({ againstCounterpart }) => againstCounterpart !== null)
    ? [columnsFor("vs. counterpart", cells, ({ againstCounterpart }) => againstCounterpart)]
    : []),
];

/** Table of cells that are told together; no rows where there are none. */
export const poolTable = (pools: readonly PoolEvent[]): Table => {
  const { head, of } = columnsWithin(
    "vs. counterpart",
    marginText(pools.map(({ score, test }) => [score, test] as const)),
  );
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
