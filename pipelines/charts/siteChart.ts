/** @file Common parts of a site's charts: equal steps at equal positions, so that they align below each other. */
import * as Plot from "@observablehq/plot";
import type { RunView, SiteView } from "../views/runView.ts";
import { bucketsIn, type Chart, type ChartOptions, drawn, wholeTicks } from "./chart.ts";
import { type EndLabel, endLabels } from "./endLabels.ts";
import { axisText, signedLog, signedLogPlace, signedLogValue } from "./signedLog.ts";

/** Scale of an axis. */
export type Axis = "linear" | "signed log";

/** Options of the charts of a site. */
export interface SiteChartOptions extends ChartOptions {
  /** Axis of values; a signed logarithm shows small next to large values. Default: `linear`. */
  readonly axis?: Axis;
}

/** Bounds of the axis of steps. A step extends half a step to both sides. */
export const stepDomain = (
  { steps }: Pick<RunView, "steps">,
  { steps: chosen }: ChartOptions,
): readonly [number, number] => chosen ?? [-0.5, Math.max(1, steps) - 0.5];

/** Buckets to draw: those of the steps, and one more at each end, to which lines continue. */
export const siteBuckets = (
  run: RunView,
  { columns }: SiteView,
  { steps }: ChartOptions,
): readonly number[] =>
  bucketsIn(run, steps && [steps[0] - run.width, steps[1] + run.width]).filter((i) => columns.rows[i]! > 0);

/** NaN for a number that the axis cannot show, which makes a gap in lines. */
export const placed = (x: number): number => (Number.isFinite(x) ? x : Number.NaN);

/** Smallest and largest number, including some that an axis always shows; from 0 to 1 if there are none. */
export const extentOf = (values: readonly number[]): readonly [number, number] => {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values)
    if (Number.isFinite(x)) {
      least = Math.min(least, x);
      greatest = Math.max(greatest, x);
    }
  return least < greatest ? [least, greatest] : least === greatest ? [least - 0.5, greatest + 0.5] : [0, 1];
};

/** Pixels around the frame of every chart of a site. */
export const margins = { top: 26, bottom: 28, left: 64 } as const;

/** Longest line of a tip in ems: room for two numbers with all digits. */
export const tipWidth = 40;

/** Pixels for labels at the right. */
const roomFor = (width: number): number => (width >= 640 ? 150 : 104);

/** Bounds of an axis of values, with some margin. */
const padded = ([from, to]: readonly [number, number], constant: number): readonly [number, number] => {
  const [a, b] = [signedLogPlace(from, constant), signedLogPlace(to, constant)];
  const room = 0.03 * (b - a);
  return [signedLogValue(a - room, constant), signedLogValue(b + room, constant)];
};

/** A label at the end of a line, at its last value; undefined if that is not on the axis. */
export interface ValueLabel {
  readonly text: string;
  readonly colour: string;
  readonly value: number | undefined;
}

export interface SiteChart {
  readonly ariaLabel: string;
  readonly height: number;
  /** Label of the axis of values. */
  readonly label: string;
  /** All values that are drawn. */
  readonly values: readonly number[];
  /** Bounds of the axis of values, if they are not those of the values. */
  readonly domain?: readonly [number, number];
  readonly marks: readonly Plot.Markish[];
  readonly labels?: readonly ValueLabel[];
}

/** Draws a chart of a site. Marks are clipped where the axes end. */
export const siteChart = (run: RunView, options: SiteChartOptions, chart: SiteChart): Chart => {
  const { height, values } = chart;
  const x = stepDomain(run, options);
  const ends = chart.domain ?? extentOf(values);
  const pixels = height - margins.top - margins.bottom;
  const isLog = options.axis === "signed log";
  const { constant, ticks } = signedLog(values, ends, pixels);
  const domain = isLog && !chart.domain ? padded(ends, constant) : ends;
  const { width = 760 } = options;
  const right = roomFor(width);
  const y = {
    domain: [...domain],
    range: [height - margins.bottom, margins.top],
    ...(isLog ? { type: "symlog" as const, constant } : { nice: !chart.domain }),
  };
  const place = Plot.scale({ y });
  const labels = (chart.labels ?? []).flatMap(({ text, colour, value }): readonly EndLabel[] =>
    value === undefined || !Number.isFinite(value) ? [] : [{ text, colour, y: place.apply(value) as number }],
  );
  const room = { top: margins.top, bottom: height - margins.bottom, room: right };
  return drawn(options, {
    ariaLabel: chart.ariaLabel,
    height,
    marginTop: margins.top,
    marginRight: right,
    marginBottom: margins.bottom,
    marginLeft: margins.left,
    x: {
      domain: [...x],
      ticks: [...wholeTicks(x, width / 90)],
      tickFormat: (step: number) => step.toLocaleString("en-US"),
      label: "step",
    },
    y: {
      ...y,
      label: isLog ? `${chart.label}, signed log` : chart.label,
      grid: true,
      tickFormat: axisText,
      ...(isLog ? { ticks: [...ticks] } : { ticks: Math.max(2, Math.floor(pixels / 32)) }),
    },
    marks: [...chart.marks, ...endLabels(labels, room)],
  });
};
