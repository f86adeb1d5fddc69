/** @file Fit map: sites by time, coloured by how much wider each range was than its tensor. */
import * as Plot from "@observablehq/plot";
import type { Role } from "../../core/signal.ts";
import type { RunView, SiteView } from "../views/runView.ts";
import {
  bucketsIn,
  type Chart,
  type ChartOptions,
  drawn,
  numberText,
  percentText,
  roleTitles,
  stepAxis,
} from "./chart.ts";

/** Options of `fitMap`. */
export interface FitMapOptions extends ChartOptions {
  /** Order of rows: that of the network, or grouped into weights, activations and gradients. Default: `network`. */
  readonly order?: "network" | "role";
  /** Called with a site when its row is clicked. Default: rows are not clickable. */
  readonly choose?: (site: string) => void;
}

/** One cell of the map: a site over some buckets. */
export interface FitCell {
  readonly site: string;
  /** First step; `to` is one past the last. */
  readonly from: number;
  readonly to: number;
  /** Mean of log2 (span of the range / span of the tensor); NaN if no tensor was observed. */
  readonly fit: number;
  /** Share of clipped elements, 0 to 1. */
  readonly clipped: number;
  readonly clippedWorst: number;
  readonly staticShare: number;
}

const mostCells = 12_000;
const mostColumns = 160;

const sum = (values: Float64Array, buckets: readonly number[]): number =>
  buckets.reduce((all, i) => all + values[i]!, 0);

const greatest = (values: Float64Array, buckets: readonly number[]): number =>
  Math.max(...buckets.map((i) => (Number.isNaN(values[i]!) ? Number.NEGATIVE_INFINITY : values[i]!)));

const cellOf = (run: RunView, { site, columns }: SiteView, buckets: readonly number[]): FitCell => {
  const worst = greatest(columns.clippedWorst, buckets);
  return {
    site,
    from: buckets[0]! * run.width,
    to: Math.min(run.steps, (buckets.at(-1)! + 1) * run.width),
    fit: sum(columns.fitSum, buckets) / sum(columns.fitted, buckets),
    clipped: sum(columns.clipped, buckets) / sum(columns.elements, buckets),
    clippedWorst: Number.isFinite(worst) ? worst : 0,
    staticShare: sum(columns.statics, buckets) / sum(columns.rows, buckets),
  };
};

/** Cells of the map: for each site the buckets, grouped into as many columns as fit. */
export const fitCells = (run: RunView, steps?: ChartOptions["steps"]): readonly FitCell[] => {
  const buckets = bucketsIn(run, steps);
  const room = Math.min(mostColumns, Math.floor(mostCells / Math.max(1, run.sites.length)));
  const group = Math.max(1, Math.ceil(buckets.length / Math.max(8, room)));
  return run.sites.flatMap((site) =>
    Array.from({ length: Math.ceil(buckets.length / group) }, (_, i) =>
      cellOf(run, site, buckets.slice(i * group, (i + 1) * group)),
    ).filter(({ staticShare }) => !Number.isNaN(staticShare)),
  );
};

/** log2 ratio at full colour: four times too narrow or too wide. */
const fullAt = 2;

/** Colour of a fit: orange if the range is too narrow, blue if it is too wide. */
export const fitColour = (fit: number): string => {
  if (Number.isNaN(fit)) return "var(--rf-unknown, #bbbbbb)";
  const share = Math.round(100 * Math.min(1, Math.abs(fit) / fullAt));
  const end = fit < 0 ? "var(--rf-narrow, #d95f02)" : "var(--rf-wide, #2166ac)";
  return `color-mix(in oklab, ${end} ${share}%, var(--rf-right, #eef0f2))`;
};

const fitText = (fit: number): string => {
  if (Number.isNaN(fit)) return "no tensor was observed";
  const times = numberText(2 ** Math.abs(fit));
  return fit < 0
    ? `range ${times} times narrower than the tensor`
    : `range ${times} times as wide as the tensor`;
};

const cellText = ({ site, from, to, fit, clipped, clippedWorst, staticShare }: FitCell): string =>
  [
    site,
    to - from === 1 ? `step ${from}` : `steps ${from} to ${to - 1}`,
    fitText(fit),
    Number.isNaN(clipped)
      ? "without histograms nobody knows what it clips"
      : `${percentText(clipped)} clipped, at most ${percentText(clippedWorst)} of a tensor`,
    staticShare === 1
      ? "static"
      : staticShare === 0
        ? "dynamic"
        : `${percentText(staticShare)} of the steps static`,
  ].join("\n");

/** Height of a row in pixels. Many sites have thin rows. */
const rowHeight = (sites: number): number => (sites <= 30 ? 18 : sites <= 80 ? 14 : sites <= 200 ? 12 : 7);

/** Height of a line of text, and mean width of a letter, in pixels. */
const line = 12;
const letter = 6.6;

/** Longest name, in letters, that is written in full. */
const mostLetters = 38;

/** Title of a group of rows. No path has this form. */
const titleRow = (title: string): string => `\n${title}`;

/** Rows from top to bottom: sites, and titles of groups. */
const rowsOf = (sites: readonly SiteView[], order: FitMapOptions["order"]): readonly string[] =>
  order === "role"
    ? (Object.entries(roleTitles) as [Role, string][]).flatMap(([role, title]) => {
        const those = sites.filter((site) => site.role === role).map(({ site }) => site);
        return those.length > 0 ? [titleRow(title), ...those] : [];
      })
    : sites.map(({ site }) => site);

/** Names that fit, each at its row. */
const shownNames = (names: readonly string[], height: number): readonly string[] => {
  const each = Math.ceil(line / height);
  return names.filter((_, i) => i % each === 0);
};

/**
 * Fit map of a run: sites by time, coloured by log2 of the span of the range over that of the tensor.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const map = fitMap(run, { width: 900, choose: (site) => console.log(site) });
 */
export const fitMap = (run: RunView, options: FitMapOptions = {}): Chart => {
  const cells = fitCells(run, options.steps);
  const rows = rowsOf(run.sites, options.order);
  const isTitle = (row: string): boolean => row.startsWith("\n");
  const names = rows.filter((row) => !isTitle(row));
  const longest = Math.min(mostLetters, Math.max(4, ...names.map(({ length }) => length)));
  const height = rowHeight(names.length);
  const chart = drawn(options, {
    ariaLabel: `Fit of the ranges of ${run.name}, by site and step`,
    height: 44 + height * rows.length,
    marginTop: 8,
    marginLeft: 14 + letter * longest,
    marginBottom: 36,
    x: stepAxis(run, options),
    y: { domain: rows, label: null, axis: null },
    marks: [
      Plot.axisY(shownNames(names, height), {
        tickSize: 0,
        lineWidth: mostLetters * 0.6,
        textOverflow: "ellipsis-start",
      }),
      Plot.axisY(rows.filter(isTitle), {
        tickSize: 0,
        fontWeight: 600,
        tickFormat: (row: string) => row.slice(1),
      }),
      Plot.rect(cells, {
        ...{ x1: "from", x2: "to", y: "site", insetLeft: 0, insetRight: 0 },
        fill: (cell: FitCell) => fitColour(cell.fit),
        shapeRendering: "crispEdges",
        clip: options.steps ? "frame" : null,
      }),
      Plot.tip(cells, Plot.pointer({ x: (c: FitCell) => (c.from + c.to) / 2, y: "site", title: cellText })),
    ],
    color: { type: "identity" },
  });
  const { choose } = options;
  if (choose)
    chart.addEventListener("click", () => {
      const { value } = chart as unknown as { readonly value?: FitCell };
      if (value) choose(value.site);
    });
  return chart;
};
