/** @file Legend of a study's tables, in sentences. */
import { listed } from "../../core/inWords.ts";
import { optionName } from "../settings/settings.ts";
import { alternativesIn, type Comparing } from "../studies/comparing.ts";
import { mostDeviation } from "../studies/equivalence.ts";
import type { CellEvent, PoolEvent } from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import { scoreFormat, scoreUnit } from "../views/scoreText.ts";
import { isJudgedAlike, judgedBy } from "./studyTables.ts";

/** Unit of differences for each metric, and the smallest difference between two scores. */
const resolutionOf = ({ score }: CellEvent): readonly [unit: string, least: string] => {
  const { unit } = scoreUnit(score);
  // A score in percent is a share of test samples, or a mean over them.
  if (unit === "%") return ["percentage points", "one test sample"];
  return [unit || `the unit of ${score}`, `float32 tells apart in ${score}`];
};

const distinct = (texts: readonly string[]): readonly string[] => [...new Set(texts)];

const valueSaid = ([name, value]: readonly [string, unknown]): string => {
  const isEmpty = value === "" || (Array.isArray(value) && value.length === 0);
  return isEmpty ? `no ${optionName(name)}` : `${optionName(name)} ${value}`;
};

const settingsText = (cell: Cell): string => listed(Object.entries(cell).map(valueSaid));

const comparisonsOf = ({ againstFirst, againstCounterpart }: CellEvent) =>
  [againstFirst, againstCounterpart].flatMap((one) => (one?.test ? [one.test] : []));

/** Limits on what the available numbers of seeds can show about a margin, by metric and number of seeds. */
const limitsOf = (cells: readonly CellEvent[]): string => {
  const limits = new Map(
    cells.flatMap((cell) =>
      comparisonsOf(cell).flatMap(({ seeds, equivalence }) => {
        if (equivalence === null) return [];
        const most = mostDeviation(equivalence.margin, seeds);
        const unit =
          scoreUnit(cell.score).unit === "%"
            ? "points"
            : resolutionOf(cell)[0].replace("the unit", "in the unit");
        const text = `${scoreFormat(cell.score, [most])(most)} ${unit} with ${seeds} seeds (${seeds - 1} degree${seeds === 2 ? "" : "s"} of freedom)`;
        return [[`${seeds} ${cell.score}`, text] as const];
      }),
    ),
  );
  return listed(distinct([...limits.values()]).toSorted());
};

/** Unit of a margin whose scores are printed without one, and whether the margin is wider than the scores themselves. */
const unitsOf = (cells: readonly CellEvent[]): string =>
  distinct(
    judgedBy(cells)
      .filter(({ score }) => scoreUnit(score).unit === "")
      .flatMap((metric) => {
        const { score } = metric;
        const alike = cells.filter((cell) => isJudgedAlike(cell, metric));
        const margin = alike.flatMap(comparisonsOf).find(({ equivalence }) => equivalence)
          ?.equivalence?.margin;
        if (margin === undefined) return [];
        const ends = alike.flatMap(({ test }) => (test ? [Math.abs(test.min), Math.abs(test.max)] : []));
        const most = Math.max(...ends.filter(Number.isFinite));
        const text = scoreFormat(score, [most])(most);
        return [
          ` The margin is in the unit of ${score}${
            margin < most
              ? ""
              : `, of which no score here is above ${text}: one so wide says nothing, name a smaller one`
          }.`,
        ];
      }),
  ).join("");

/** What happens to differences that deviate by less than the resolution of the scores. They are not tested if that is unknown. */
const smallText = (cells: readonly CellEvent[]): string => {
  const units = judgedBy(cells).map(({ score }) => scoreUnit(score).unit);
  const judged = "are judged as if they deviated by that much";
  if (units.every((unit) => unit === "%"))
    return `Differences that deviate by less than one test sample ${judged}.`;
  const unknown = "Differences that are equal are not judged";
  return units.includes("%")
    ? `${unknown}; of scores in percent they ${judged} as one test sample.`
    : `${unknown}.`;
};

/** How to read the equivalence columns; empty if there is no margin. */
const equivalenceLegend = (
  cells: readonly CellEvent[],
  pools: readonly PoolEvent[],
  margin: number | undefined,
): readonly string[] => {
  if (margin === undefined) return [];
  const judged = [...cells.flatMap(comparisonsOf), ...pools.map(({ test }) => test)];
  if (!judged.some(({ equivalence }) => equivalence))
    return [
      `Nothing could be held against the margin of ${margin}: that takes two seeds or more that both cells have, and scores that are finite.`,
    ];
  const limits = limitsOf(cells);
  return [
    `p within ±${margin}: two one-sided t-tests; below 0.05 the 90 % interval lies within the margin, and the difference counts as none. A large one does not say that there is a difference: the seeds may be too few.${
      limits === ""
        ? ""
        : ` Even about a mean of 0, differences may deviate from each other by at most ${limits}.`
    } ${smallText(cells)}${unitsOf(cells)}`,
  ];
};

/** Further facts for the legend. */
interface More {
  readonly pools?: readonly PoolEvent[];
  /** What the cells of each group have in common, as a sentence. */
  readonly groups?: string;
  /** Names of first cells of which no run has finished. */
  readonly unfinished?: readonly string[];
}

/** Why differences from first cells are missing. */
const unfinishedText = (cells: readonly string[]): readonly string[] =>
  cells.length === 0
    ? []
    : [
        cells.length === 1
          ? `Nothing is compared with the first cell, ${cells[0]}: none of its runs has finished.`
          : `Nothing is compared with the first cells ${cells.join("; ")}: none of their runs has finished.`,
      ];

/** Legend of the tables, in sentences. */
export const legendOf = (
  comparing: Comparing,
  cells: readonly CellEvent[],
  { pools = [], groups = "", unfinished = [] }: More = {},
): readonly string[] => {
  const { within = [] } = comparing;
  const against = alternativesIn(comparing);
  const judged = judgedBy(cells);
  const of = judged.map(resolutionOf);
  const mixed = judged.length < 2 ? [] : judged.map(({ score, better }) => `of ${score} ${better} is better`);
  const group = within.map((name) => optionName(name));
  return [
    ...(groups === "" ? [] : [groups]),
    ...unfinishedText(unfinished),
    ...(mixed.length === 0 ? [] : [`Cells are judged by different metrics: ${mixed.join(", ")}.`]),
    `± of a test score is the standard deviation over seeds. Vs. first: mean paired difference over the seeds that both cells have${
      group.length === 0 ? "" : ` to the first cell of the same ${listed(group)}`
    }, in ${distinct(of.map(([unit]) => unit)).join(" or ")}, ± its standard error; p is that of a paired t-test. Neither is shown for a single seed, or where the differences deviate from each other by less than ${distinct(of.map(([, least]) => least)).join(" or ")}. Best is the best of all epochs, chosen by these test samples themselves: a choice by other samples would look worse.`,
    ...(against.length === 0
      ? []
      : [
          `Vs. counterpart: the same against the cell that has ${against.map(settingsText).join(", or else the one that has ")}, and all else alike.`,
        ]),
    ...equivalenceLegend(cells, pools, comparing.margin),
    ...(pools.length === 0
      ? []
      : [
          "Together: the mean over groups, each of which counts the same, of differences that are paired by group and seed; those of one group and seed are averaged first. Deviations are taken from the mean of their own group, with pairs less groups degrees of freedom, so the answer is about these groups and no others.",
        ]),
    "Bytes moved are the memory traffic of all quantized tensors in one run, a code counting as one byte at any width; seconds are those of one run.",
  ];
};
