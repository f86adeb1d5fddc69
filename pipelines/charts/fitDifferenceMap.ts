/** @file Difference of two fit maps: sites by time, coloured by how much wider the ranges of one run were than those of the other. */
import * as Plot from "@observablehq/plot";
import { type FitDifference, fitDifferences } from "../views/fitDifference.ts";
import type { RunView } from "../views/runView.ts";
import { type Chart, type ChartOptions, drawn, numberText, percentText, stepAxis } from "./chart.ts";
import { paint } from "./palette.ts";

/** Difference of log2 ratios at full colour: ranges twice or half as wide. */
const fullAt = 1;

/** Colour of a difference: purple if the ranges of the second run are narrower for their tensors, green if they are wider. */
export const differenceColour = (difference: number): string => {
  const share = Math.round(100 * Math.min(1, Math.abs(difference) / fullAt));
  const end = paint(difference < 0 ? "narrower" : "wider");
  return `color-mix(in oklab, ${end} ${share}%, ${paint("same")})`;
};

const times = (fit: number): string => `${numberText(Number((2 ** fit).toPrecision(4)))} times its tensor`;

const textOf =
  (first: string, second: string) =>
  (cell: FitDifference): string =>
    [
      cell.site,
      cell.to - cell.from === 1 ? `step ${cell.from}` : `steps ${cell.from} to ${cell.to - 1}`,
      `${first}: range ${times(cell.first)}, ${percentText(cell.firstClipped)} clipped`,
      `${second}: range ${times(cell.second)}, ${percentText(cell.secondClipped)} clipped`,
      `difference of log2: ${numberText(cell.second - cell.first)}`,
    ].join("\n");

const rowHeight = (sites: number): number => (sites <= 80 ? 18 : sites <= 200 ? 10 : 6);

/**
 * Difference of the fit maps of two runs, at the sites and over the steps that both have. Cells where one of them has observed no tensor
 * are blank.
 *
 * @example not run: it reads runs
 * const [first, second] = [readRunView("runs/one"), readRunView("runs/other")];
 * const map = fitDifferenceMap(first, second, { width: 900 });
 */
export const fitDifferenceMap = (first: RunView, second: RunView, options: ChartOptions = {}): Chart => {
  const { sites, cells } = fitDifferences(first, second, options.steps);
  const longest = Math.max(4, ...sites.map(({ length }) => length));
  const height = rowHeight(sites.length);
  return drawn(options, {
    ariaLabel: `Fit of the ranges of ${second.name} less that of ${first.name}, by site and step`,
    height: 44 + height * sites.length,
    marginLeft: Math.min(260, 14 + 6.6 * longest),
    marginBottom: 34,
    x: stepAxis({ steps: cells.reduce((end, { to }) => Math.max(end, to), 0) }, options),
    y: { domain: [...sites], label: null, tickSize: 0, ...(height < 10 && { axis: null }) },
    color: { type: "identity" },
    marks: [
      Plot.rect(cells, {
        x1: "from",
        x2: "to",
        y: "site",
        fill: (cell: FitDifference) => differenceColour(cell.second - cell.first),
      }),
      Plot.tip(
        cells,
        Plot.pointer({
          x: (c: FitDifference) => (c.from + c.to) / 2,
          y: "site",
          title: textOf(first.name, second.name),
        }),
      ),
    ],
  });
};
