/** @file Differences between the range fits of two runs, by site and step. */
import type { RunView, SiteView } from "./runView.ts";

/** A site over some steps in two runs, both of which observed tensors there. */
export interface FitDifference {
  readonly site: string;
  /** First step; `to` is one past the last. */
  readonly from: number;
  readonly to: number;
  /** Mean of log2 (span of the range / span of the tensor) in each run. */
  readonly first: number;
  readonly second: number;
  /** Share of clipped elements in each run, 0 to 1. */
  readonly firstClipped: number;
  readonly secondClipped: number;
}

export interface FitDifferences {
  /** Sites of both runs, in the order of the first. */
  readonly sites: readonly string[];
  readonly cells: readonly FitDifference[];
  /** Sites that only one of them has. */
  readonly onlyFirst: readonly string[];
  readonly onlySecond: readonly string[];
}

const mostCells = 12_000;
const mostColumns = 160;

type Shown = Pick<RunView, "width" | "steps">;

/** Sum of a column over the buckets of some steps. */
const sumOf = ({ width }: Shown, column: Float64Array, from: number, to: number): number => {
  let sum = 0;
  for (let i = from / width; i < Math.min(column.length, Math.ceil(to / width)); i++) sum += column[i]!;
  return sum;
};

const fitIn = (run: Shown, { columns }: SiteView, from: number, to: number) => ({
  fit: sumOf(run, columns.fitSum, from, to) / sumOf(run, columns.fitted, from, to),
  clipped: sumOf(run, columns.clipped, from, to) / sumOf(run, columns.elements, from, to),
});

/** Number of steps per cell: the wider of the two bucket widths, or a multiple of it, limited by the number of cells. */
const cellWidth = (first: Shown, second: Shown, steps: number, sites: number): number => {
  const room = Math.max(8, Math.min(mostColumns, Math.floor(mostCells / Math.max(1, sites))));
  let width = Math.max(first.width, second.width);
  while (steps / width > room) width *= 2;
  return width;
};

/**
 * Differences between the fit maps of two runs. The bucket widths of both are powers of two, so cells cover the same steps of both.
 *
 * @param range steps to show, the last one excluded. Default: all steps that both have
 */
export const fitDifferences = (
  first: RunView,
  second: RunView,
  range: readonly [from: number, to: number] = [0, Number.POSITIVE_INFINITY],
): FitDifferences => {
  const others = new Map(second.sites.map((site) => [site.site, site]));
  const both = first.sites.flatMap((site) => {
    const other = others.get(site.site);
    return other ? [{ site, other }] : [];
  });
  const sites = both.map(({ site }) => site.site);
  const end = Math.min(first.steps, second.steps, range[1]);
  const width = cellWidth(first, second, end - range[0], sites.length);
  const start = Math.floor(range[0] / width);
  const count = Math.max(0, Math.ceil(end / width) - start);
  return {
    sites,
    cells: both.flatMap(({ site, other }) =>
      Array.from({ length: count }, (_, i): FitDifference => {
        const from = (start + i) * width;
        const to = from + width;
        const [a, b] = [fitIn(first, site, from, to), fitIn(second, other, from, to)];
        return {
          ...{ site: site.site, from, to: Math.min(to, Math.min(first.steps, second.steps)) },
          ...{ first: a.fit, second: b.fit, firstClipped: a.clipped, secondClipped: b.clipped },
        };
      }).filter((cell) => !Number.isNaN(cell.first) && !Number.isNaN(cell.second)),
    ),
    onlyFirst: first.sites.map(({ site }) => site).filter((site) => !others.has(site)),
    onlySecond: second.sites.map(({ site }) => site).filter((site) => !sites.includes(site)),
  };
};
