/** @file Share of clipped elements of a site: mean per bucket, and the worst tensor. */
import * as Plot from "@observablehq/plot";
import type { RunView, SiteView } from "../views/runView.ts";
import {
  type Chart,
  type ChartOptions,
  colours,
  exactText,
  middleOf,
  numberText,
  stepsText,
} from "./chart.ts";
import { type Axis, siteBuckets, siteChart, tipWidth } from "./siteChart.ts";

/** Clipped elements of one bucket, in percent. */
export interface ClippedPoint {
  readonly bucket: number;
  readonly step: number;
  readonly mean: number;
  readonly worst: number;
}

/** Clipped shares by bucket, for tensors with elements. */
export const clippedPoints = (
  run: RunView,
  site: SiteView,
  options: ChartOptions = {},
): readonly ClippedPoint[] =>
  siteBuckets(run, site, options)
    .filter((i) => site.columns.elements[i]! > 0)
    .map((bucket) => ({
      bucket,
      step: middleOf(run, bucket),
      mean: (100 * site.columns.clipped[bucket]!) / site.columns.elements[bucket]!,
      worst: 100 * site.columns.clippedWorst[bucket]!,
    }));

/** Ratio of the largest share to the median at which a logarithmic axis helps. */
const farApart = 30;

/** The axis that makes shares distinguishable. */
export const clippedAxis = (points: readonly ClippedPoint[]): Axis => {
  const shares = points.flatMap(({ mean, worst }) => [mean, worst]).filter((share) => share > 0);
  shares.sort((a, b) => a - b);
  const median = shares[Math.floor(shares.length / 2)] ?? 1;
  return (shares.at(-1) ?? 1) > farApart * median ? "signed log" : "linear";
};

const tipOf = (run: RunView, { columns: c }: SiteView, { bucket, mean, worst }: ClippedPoint): string =>
  [
    stepsText(run, bucket),
    `${numberText(mean)} % clipped: ${exactText(c.clipped[bucket]!)} of ${exactText(c.elements[bucket]!)} elements`,
    ...(c.rows[bucket]! > 1 ? [`worst tensor ${exactText(worst)} %`] : []),
  ].join("\n");

/**
 * Share of clipped elements by step: the mean as a line, up to the worst tensor as a band.
 *
 * @example not run: it reads a run
 * import { clippedShare } from "rangeflow/charts";
 *
 * const run = readRunView("runs/mine");
 * const chart = clippedShare(run, run.sites[0]!);
 */
export const clippedShare = (run: RunView, site: SiteView, options: ChartOptions = {}): Chart => {
  const points = clippedPoints(run, site, options);
  const values = points.flatMap(({ mean, worst }) => [mean, worst]);
  const tips = points.map((point) => ({ ...point, text: tipOf(run, site, point) }));
  const most = Math.max(0, ...values);
  const last = points.at(-1);
  const hasBand = points.some(({ mean, worst }) => worst > mean);
  return siteChart(
    run,
    { ...options, axis: clippedAxis(points) },
    {
      ariaLabel: `Share of clipped elements of ${site.site} by step`,
      height: 130,
      label: "clipped, %",
      values,
      domain: [0, most > 0 ? most : 1],
      labels: [
        { text: "mean", colour: colours.clipped, value: last?.mean },
        ...(hasBand ? [{ text: "worst tensor", colour: colours.clipped, value: last?.worst }] : []),
      ],
      marks: [
        Plot.areaY(points, {
          ...{ x: "step", y1: "mean", y2: "worst", fill: colours.clipped, fillOpacity: 0.2, clip: true },
        }),
        Plot.lineY(points, { x: "step", y: "mean", stroke: colours.clipped, clip: true }),
        ...(points.length <= 40
          ? [Plot.dot(points, { x: "step", y: "mean", fill: colours.clipped, r: 2, clip: true })]
          : []),
        Plot.tip(tips, Plot.pointerX({ x: "step", y: "mean", title: "text", lineWidth: tipWidth })),
      ],
    },
  );
};
