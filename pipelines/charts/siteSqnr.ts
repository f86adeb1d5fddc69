/** @file Signal-to-quantization-noise ratios of a site, in dB. */
import * as Plot from "@observablehq/plot";
import type { Columns } from "../views/buckets.ts";
import { hasRatio } from "../views/rangeRow.ts";
import type { answerFolds, Counterfactual, RunView, SiteView } from "../views/runView.ts";
import { type Chart, type ChartOptions, colours, exactText, middleOf, stepsText } from "./chart.ts";
import { othersAt, ownFits } from "./others.ts";
import { placed, siteBuckets, siteChart, tipWidth } from "./siteChart.ts";

type Ratios = Pick<Columns<typeof answerFolds>, "sqnrs" | "sqnrSum" | "sqnrLeast" | "sqnrGreatest">;

/** Ratios of one bucket, in dB. */
export interface SqnrPoint {
  readonly bucket: number;
  readonly step: number;
  /** Mean over the tensors with a loss; infinite if there are none. */
  readonly mean: number;
  readonly least: number;
  readonly greatest: number;
}

const pointsOf = (run: RunView, c: Ratios, buckets: readonly number[]): readonly SqnrPoint[] =>
  buckets
    .filter((i) => hasRatio(c, i))
    .map((bucket) => ({
      bucket,
      step: middleOf(run, bucket),
      mean: c.sqnrs[bucket]! > 0 ? c.sqnrSum[bucket]! / c.sqnrs[bucket]! : Number.POSITIVE_INFINITY,
      least: c.sqnrLeast[bucket]!,
      greatest: c.sqnrGreatest[bucket]!,
    }));

/** Ratios by bucket, where there are any. */
export const sqnrPoints = (run: RunView, site: SiteView, options: ChartOptions = {}): readonly SqnrPoint[] =>
  pointsOf(run, site.columns, siteBuckets(run, site, options));

/** Whether an estimator was replayed to the end, so that the label is next to the end of its line. */
const hasEnd = ({ failure }: Pick<Counterfactual, "failure">): boolean => failure === undefined;

/** Ratios as text. */
const ratioText = ({ mean, least, greatest }: SqnrPoint): string =>
  least === greatest
    ? `${exactText(mean)} dB`
    : `mean ${exactText(mean)} dB, ${exactText(least)} to ${exactText(greatest)} dB`;

/**
 * Ratios by step: the mean per bucket as a line, minimum to maximum as a band, and the means of other estimators, which are computed from
 * histograms. For comparison, measured ratios are then accompanied by those that histograms give for the same ranges. Tensors without any
 * loss are shown as an arrow at the top.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = siteSqnr(run, run.sites[0]!);
 */
export const siteSqnr = (run: RunView, site: SiteView, options: ChartOptions = {}): Chart => {
  const buckets = siteBuckets(run, site, options);
  const points = pointsOf(run, site.columns, buckets);
  const own = run.sqnrFrom === "run" ? ownFits(run, site.site) : undefined;
  const others = [
    ...(own ? [{ ...own, estimator: "range, histogram", colour: colours.range }] : []),
    ...othersAt(run, site.site),
  ].map((other) => ({ ...other, points: pointsOf(run, other.columns, buckets) }));
  const shown = points.map(({ step, mean, least, greatest }) => ({
    ...{ step, mean: placed(mean), least: placed(least), greatest: placed(greatest) },
  }));
  const lines = others.map(({ points, ...other }) => ({
    ...other,
    points: points.map(({ step, mean }) => ({ step, mean: placed(mean) })),
  }));
  const tips = points.map((point) => ({
    step: point.step,
    y: Number.isFinite(point.mean) ? point.mean : undefined,
    text: [
      stepsText(run, point.bucket),
      ratioText(point),
      ...others.flatMap(({ estimator, points }) => {
        const same = points.find(({ bucket }) => bucket === point.bucket);
        return same ? [`${estimator}: ${ratioText(same)}`] : [];
      }),
    ].join("\n"),
  }));
  const few = points.length <= 60;
  return siteChart(
    run,
    { ...options, axis: "linear" },
    {
      ariaLabel: `Signal-to-quantization-noise ratio of ${site.site} by step`,
      height: 150,
      label: "SQNR, dB",
      values: [
        ...shown.flatMap(({ mean, least, greatest }) => [mean, least, greatest]),
        ...lines.flatMap(({ points }) => points.map(({ mean }) => mean)),
      ],
      labels: [
        { text: own ? "range, measured" : "range", colour: colours.range, value: shown.at(-1)?.mean },
        ...lines.filter(hasEnd).map(({ estimator, colour, points }) => ({
          ...{ text: estimator, colour, value: points.at(-1)?.mean },
        })),
      ],
      marks: [
        Plot.areaY(shown, {
          ...{ x: "step", y1: "least", y2: "greatest", fill: colours.range, fillOpacity: 0.2, clip: true },
        }),
        ...lines.flatMap(({ points, colour }) => [
          Plot.lineY(points, {
            ...{ x: "step", y: "mean", stroke: colour, clip: true },
            ...(colour === colours.range && { strokeDasharray: "4 3" }),
          }),
          ...(few ? [Plot.dot(points, { x: "step", y: "mean", fill: colour, r: 1.5, clip: true })] : []),
        ]),
        Plot.lineY(shown, { x: "step", y: "mean", stroke: colours.range, strokeWidth: 1.4, clip: true }),
        ...(few ? [Plot.dot(shown, { x: "step", y: "mean", fill: colours.range, r: 2, clip: true })] : []),
        Plot.dot(
          points.filter(({ greatest }) => greatest === Number.POSITIVE_INFINITY),
          { x: "step", frameAnchor: "top", symbol: "triangle", fill: colours.range, r: 3, clip: true },
        ),
        Plot.tip(tips, Plot.pointerX({ x: "step", y: "y", title: "text", lineWidth: tipWidth })),
      ],
    },
  );
};
