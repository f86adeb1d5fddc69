/** @file Grouping of the rows in a study's chart: colours, starts of groups, and baselines. */
import type { StudyChartView, StudyPanel } from "../views/studyChartView.ts";
import { seriesColours } from "./palette.ts";

/** Colour of each cell, by what differs within groups, or by cell if nothing does; a single colour if there are too many. */
export const coloursOf = ({ heads, names, groupedBy }: StudyChartView): readonly string[] => {
  const within = names.map((name) => name.filter((_, i) => heads.length === 1 || i !== groupedBy).join("\n"));
  const kinds = [...new Set(within)];
  return within.map((kind) =>
    kinds.length > seriesColours.length ? seriesColours[0]! : seriesColours[kinds.indexOf(kind)]!,
  );
};

/** Rows at which a new group starts. */
export const groupStarts = ({ names, groupedBy }: StudyChartView): readonly number[] => {
  const groups = names.map((name) => name[groupedBy]);
  const starts = groups.flatMap((group, i) => (i > 0 && group !== groups[i - 1] ? [i] : []));
  return new Set(groups).size < groups.length ? starts : [];
};

/** Means that groups of rows are compared with, each next to the rows of its group. */
export const baselinesOf = ({ firsts }: StudyChartView, { cells }: StudyPanel) =>
  [...new Set(firsts)].flatMap((first) => {
    const [from, to] = [firsts.indexOf(first), firsts.lastIndexOf(first)];
    const mean = cells[first]?.mean ?? Number.NaN;
    return from < to && Number.isFinite(mean) ? [{ mean, from: String(from), to: String(to) }] : [];
  });
