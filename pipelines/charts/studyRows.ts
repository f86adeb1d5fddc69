/** @file How the rows of a study's chart belong together: their colours, where groups begin, and what each group is compared with. */
import type { StudyChartView, StudyPanel } from "../views/studyChartView.ts";
import { seriesColours } from "./palette.ts";

/** Colour of each cell: what differs within the groups has one, or the cells themselves where nothing does; a single one for too many. */
export const coloursOf = ({ heads, names, groupedBy }: StudyChartView): readonly string[] => {
  const within = names.map((name) => name.filter((_, i) => heads.length === 1 || i !== groupedBy).join("\n"));
  const kinds = [...new Set(within)];
  return within.map((kind) =>
    kinds.length > seriesColours.length ? seriesColours[0]! : seriesColours[kinds.indexOf(kind)]!,
  );
};

/** Rows in front of which another group begins. */
export const groupStarts = ({ names, groupedBy }: StudyChartView): readonly number[] => {
  const groups = names.map((name) => name[groupedBy]);
  const starts = groups.flatMap((group, i) => (i > 0 && group !== groups[i - 1] ? [i] : []));
  return new Set(groups).size < groups.length ? starts : [];
};

/** Means that groups of rows are compared with, each beside the rows from the first of its group to the last. */
export const baselinesOf = ({ firsts }: StudyChartView, { cells }: StudyPanel) =>
  [...new Set(firsts)].flatMap((first) => {
    const [from, to] = [firsts.indexOf(first), firsts.lastIndexOf(first)];
    const mean = cells[first]?.mean ?? Number.NaN;
    return from < to && Number.isFinite(mean) ? [{ mean, from: String(from), to: String(to) }] : [];
  });
