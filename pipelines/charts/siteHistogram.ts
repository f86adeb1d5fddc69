/** @file Distribution of a site's values over time: a heat map of its recorded histograms. */
import * as Plot from "@observablehq/plot";
import type { RunView, SiteHistogram, SiteView } from "../views/runView.ts";
import { type Chart, colours, exactText, middleOf, percentText } from "./chart.ts";
import { commonEdges, sharesIn } from "./commonBins.ts";
import { signedLog } from "./signedLog.ts";
import {
  extentOf,
  placed,
  type SiteChartOptions,
  siteBuckets,
  siteChart,
  stepDomain,
  tipWidth,
} from "./siteChart.ts";

const bins = 48;
/** Largest number of columns. If there are more histograms, consecutive ones are averaged. */
const mostColumns = 120;

/** One cell: mean share of the elements of some tensors between two values. */
export interface HeatCell {
  /** Steps that it covers: up to the next histogram, if that is close. */
  readonly x1: number;
  readonly x2: number;
  readonly from: number;
  readonly to: number;
  readonly share: number;
  readonly text: string;
}

/** Smallest share with a colour of its own. */
const leastShare = 1e-6;

/** Colour of a share, on a logarithmic scale from one millionth to 1. */
export const heatColour = (share: number): string => {
  const strength = Math.min(1, Math.max(0, 1 - Math.log10(share) / Math.log10(leastShare)));
  return `color-mix(in oklab, var(--rf-heat, #08306b) ${Math.round(8 + 92 * strength)}%, var(--rf-right, #eef0f2))`;
};

/** Histograms in the steps to draw, and the one before, whose column may extend into them. */
const histogramsIn = ({ histograms }: SiteView, [from, to]: readonly [number, number]) => {
  const first = histograms.findLastIndex(({ step }) => step <= from);
  return histograms.slice(Math.max(0, first)).filter(({ step }) => step < to);
};

/** Median distance between histograms in steps; 1 if there is only one. */
const usualDistance = (histograms: readonly SiteHistogram[]): number => {
  const distances = histograms.slice(1).map(({ step }, i) => step - histograms[i]!.step);
  return distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 1;
};

/** Cells of the heat map, and the constant of its axis. */
export const heatCells = (
  run: RunView,
  site: SiteView,
  options: SiteChartOptions = {},
): readonly HeatCell[] => {
  const histograms = histogramsIn(site, stepDomain(run, options));
  const { domain, constant } = valuesOf(site);
  const edges = commonEdges(domain, options.axis ?? "linear", constant, bins);
  const group = Math.ceil(histograms.length / mostColumns);
  const distance = Math.max(run.width, usualDistance(site.histograms));
  return Array.from({ length: Math.ceil(histograms.length / Math.max(1, group)) }, (_, i) => {
    const those = histograms.slice(i * group, (i + 1) * group);
    const next = histograms[(i + 1) * group];
    const [first, last] = [those[0]!.step, those.at(-1)!.step];
    const shares = new Float64Array(bins);
    for (const histogram of those)
      sharesIn(edges, histogram).forEach((share, bin) => {
        shares[bin]! += share / those.length;
      });
    const [x1, x2] = [first - 0.5, Math.min(next?.step ?? run.steps, last + 2 * distance) - 0.5];
    const steps = first === last ? `step ${first}` : `mean of ${those.length}, steps ${first} to ${last}`;
    return [...shares].flatMap((share, bin): readonly HeatCell[] => {
      const [from, to] = [edges[bin]!, edges[bin + 1]!];
      const text = `${steps}\n${percentText(share)} from ${exactText(from)} to ${exactText(to)}`;
      return share > 0 ? [{ x1, x2: Math.max(x1 + 1, x2), from, to, share, text }] : [];
    });
  }).flat();
};

/** Bounds of the values of all histograms of a site, and the constant of a signed logarithm for them. */
const valuesOf = ({ histograms }: SiteView) => {
  const ends = histograms.flatMap(({ values }) => [values[0]!, values.at(-1)!]);
  const domain = extentOf(ends);
  const quarters = histograms.flatMap(({ values }) =>
    [0.1, 0.25, 0.75, 0.9].map((at) => values[Math.floor(at * values.length)]!),
  );
  return { values: [...ends, ...quarters], domain, ...signedLog([...ends, ...quarters], domain, 200) };
};

/**
 * Heat map of the recorded histograms, step by value, with the bounds of the range as lines.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = siteHistogram(run, run.sites[0]!);
 */
export const siteHistogram = (run: RunView, site: SiteView, options: SiteChartOptions = {}): Chart => {
  const cells = heatCells(run, site, options);
  const { values, domain } = valuesOf(site);
  const ends = siteBuckets(run, site, options).map((i) => ({
    step: middleOf(run, i),
    lo: placed(site.columns.loLeast[i]!),
    hi: placed(site.columns.hiGreatest[i]!),
  }));
  const line = { x: "step", stroke: colours.range, strokeWidth: 1, clip: true } as const;
  return siteChart(run, options, {
    ariaLabel: `Histograms of ${site.site} by step`,
    height: 240,
    label: "value",
    values,
    domain,
    labels: [{ text: "range", colour: colours.range, value: inside(ends.at(-1)?.hi, domain) }],
    marks: [
      Plot.rect(cells, {
        ...{ x1: "x1", x2: "x2", y1: "from", y2: "to", clip: true, shapeRendering: "crispEdges" },
        fill: ({ share }: HeatCell) => heatColour(share),
      }),
      Plot.lineY(ends, { ...line, y: "lo" }),
      Plot.lineY(ends, { ...line, y: "hi" }),
      Plot.tip(
        cells,
        Plot.pointer({
          x: (cell: HeatCell) => (cell.x1 + cell.x2) / 2,
          y: (cell: HeatCell) => (cell.from + cell.to) / 2,
          title: "text",
          lineWidth: tipWidth,
        }),
      ),
    ],
  });
};

const inside = (x: number | undefined, [from, to]: readonly [number, number]): number | undefined =>
  x === undefined || Number.isNaN(x) ? undefined : Math.min(to, Math.max(from, x));
