/**
 * @file Ranges of a site over time: the interval of its tensors, the range that they were quantized with, and those of other estimators.
 */
import * as Plot from "@observablehq/plot";
import type { Columns } from "../views/buckets.ts";
import type { answerFolds, RunView, SiteView } from "../views/runView.ts";
import { type Chart, colours, exactText, middleOf, numberText, stepsText } from "./chart.ts";
import { type Other, othersAt } from "./others.ts";
import {
  margins,
  placed,
  type SiteChartOptions,
  siteBuckets,
  siteChart,
  stepDomain,
  tipWidth,
} from "./siteChart.ts";

type Ends = Pick<Columns<typeof answerFolds>, "rows" | "loLeast" | "loGreatest" | "hiLeast" | "hiGreatest">;

/** A range as text: its bounds, or the intervals that they moved through. */
const rangeText = (c: Ends, i: number): string =>
  c.loLeast[i] === c.loGreatest[i] && c.hiLeast[i] === c.hiGreatest[i]
    ? `${exactText(c.loLeast[i]!)} to ${exactText(c.hiLeast[i]!)}`
    : `lower end ${exactText(c.loLeast[i]!)} to ${exactText(c.loGreatest[i]!)}, upper end ${exactText(c.hiLeast[i]!)} to ${exactText(c.hiGreatest[i]!)}`;

/** Text on how many ranges of a bucket were known before their tensors. */
const staticText = (statics: number, rows: number): string =>
  statics === rows ? "static" : statics === 0 ? "dynamic" : `${statics} of ${rows} static`;

const tipOf = (run: RunView, { columns: c }: SiteView, others: readonly Other[], i: number): string => {
  const [rows, faults] = [c.rows[i]!, c.faults[i]!];
  return [
    stepsText(run, i),
    ...(faults < rows ? [`observed ${exactText(c.min[i]!)} to ${exactText(c.max[i]!)}`] : []),
    ...(Number.isFinite(c.hiGreatest[i]!)
      ? [`range ${rangeText(c, i)}`, staticText(c.statics[i]!, rows)]
      : []),
    ...(c.elements[i]! > 0
      ? [
          `${numberText((100 * c.clipped[i]!) / c.elements[i]!)} % clipped: ${c.clipped[i]} of ${c.elements[i]} elements`,
        ]
      : []),
    ...(faults > 0 ? [`${faults} of ${rows} not observed: empty, zero or not finite`] : []),
    ...others
      .filter(({ columns }) => columns.rows[i]! > 0)
      .map(({ estimator, columns }) => `${estimator}: ${rangeText(columns, i)}`),
  ].join("\n");
};

/** Bounds of the ranges in one bucket, with its position. */
interface EndsPoint {
  readonly step: number;
  readonly loLeast: number;
  readonly loGreatest: number;
  readonly hiLeast: number;
  readonly hiGreatest: number;
}

const endsOf = (run: RunView, c: Ends, buckets: readonly number[]): readonly EndsPoint[] =>
  buckets
    .filter((i) => c.rows[i]! > 0 && Number.isFinite(c.hiGreatest[i]!))
    .map((i) => ({
      step: middleOf(run, i),
      loLeast: placed(c.loLeast[i]!),
      loGreatest: placed(c.loGreatest[i]!),
      hiLeast: placed(c.hiLeast[i]!),
      hiGreatest: placed(c.hiGreatest[i]!),
    }));

const valuesOf = (points: readonly EndsPoint[]): readonly number[] =>
  points.flatMap(({ loLeast, hiGreatest }) => [loLeast, hiGreatest]);

/** Number of points up to which they are marked, because a line through one point would be invisible. */
const fewPoints = 40;

/** Both bounds of ranges as lines, and as bands where they have more than one value in a bucket. */
const linesOf = (
  points: readonly EndsPoint[],
  stroke: string,
  strokeWidth: number,
): readonly Plot.Markish[] =>
  (
    [
      ["loLeast", "loGreatest", "loLeast"],
      ["hiLeast", "hiGreatest", "hiGreatest"],
    ] as const
  ).flatMap(([least, greatest, outer]) => [
    ...(points.some((point) => point[least] !== point[greatest])
      ? [
          Plot.areaY(points, {
            x: "step",
            y1: least,
            y2: greatest,
            fill: stroke,
            fillOpacity: 0.25,
            clip: true,
          }),
        ]
      : []),
    Plot.lineY(points, { x: "step", y: outer, stroke, strokeWidth, clip: true }),
    ...(points.length <= fewPoints
      ? [Plot.dot(points, { x: "step", y: outer, fill: stroke, r: 2, clip: true })]
      : []),
  ]);

/** Consecutive buckets whose ranges were static, dynamic or both, from `first` to `end`. */
const stretchesOf = (
  run: RunView,
  { columns: c }: SiteView,
  buckets: readonly number[],
  [first, end]: readonly [number, number],
) => {
  const stretches: { from: number; to: number; readonly share: number; readonly text: string }[] = [];
  for (const i of buckets) {
    const share = c.statics[i]! / c.rows[i]!;
    const from = Math.max(first, i * run.width - 0.5);
    const to = Math.min(end, (i + 1) * run.width - 0.5);
    if (from >= to) continue;
    const last = stretches.at(-1);
    if (last?.share === share && last.to === from) last.to = to;
    else stretches.push({ from, to, share, text: share === 1 ? "static" : share === 0 ? "dynamic" : "both" });
  }
  return stretches;
};

const height = 300;
/** The rail is below the frame, next to the ticks of the step axis. */
const rail = { insetTop: height - margins.top - margins.bottom, insetBottom: -5 } as const;

/**
 * Observed minimum and maximum as a band, the bounds of the range as lines, and those of other estimators. A rail along the step axis is
 * solid where ranges were static and pale where they were dynamic. Crosses at the top mark tensors that no estimator observes.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const chart = siteRanges(run, run.sites[0]!, { axis: "signed log" });
 */
export const siteRanges = (run: RunView, site: SiteView, options: SiteChartOptions = {}): Chart => {
  const { columns: c } = site;
  const buckets = siteBuckets(run, site, options);
  const others = othersAt(run, site.site);
  const observed = buckets
    .filter((i) => Number.isFinite(c.min[i]!) && Number.isFinite(c.max[i]!))
    .map((i) => ({ step: middleOf(run, i), min: c.min[i]!, max: c.max[i]! }));
  const own = endsOf(run, c, buckets);
  const theirs = others.map((other) => ({ ...other, points: endsOf(run, other.columns, buckets) }));
  const ranged = buckets.filter((i) => Number.isFinite(c.hiGreatest[i]!));
  const stretches = stretchesOf(run, site, ranged, stepDomain(run, options));
  const faults = buckets.filter((i) => c.faults[i]! > 0).map((i) => ({ step: middleOf(run, i) }));
  const tips = buckets.map((i) => ({
    step: middleOf(run, i),
    y: [c.hiGreatest[i]!, c.max[i]!].find(Number.isFinite) ?? 0,
    text: tipOf(run, site, others, i),
  }));
  return siteChart(run, options, {
    ariaLabel: `Observed values and ranges of ${site.site} by step`,
    height,
    label: "value",
    values: [
      0,
      ...observed.flatMap(({ min, max }) => [min, max]),
      ...valuesOf(own),
      ...theirs.flatMap(({ points }) => valuesOf(points)),
    ],
    labels: [
      { text: "observed", colour: colours.observedText, value: observed.at(-1)?.max },
      { text: "range", colour: colours.range, value: own.at(-1)?.hiGreatest },
      ...theirs
        .filter(({ failure }) => failure === undefined)
        .map(({ estimator, colour, points }) => ({
          ...{ text: estimator, colour, value: points.at(-1)?.hiGreatest },
        })),
    ],
    marks: [
      Plot.areaY(observed, {
        x: "step",
        y1: "min",
        y2: "max",
        fill: colours.observed,
        fillOpacity: 0.45,
        clip: true,
      }),
      ...(observed.length === 1
        ? [
            Plot.ruleX(observed, {
              x: "step",
              y1: "min",
              y2: "max",
              stroke: colours.observed,
              strokeWidth: 3,
              clip: true,
            }),
          ]
        : []),
      Plot.ruleY([0], { stroke: colours.neutral, strokeWidth: 0.75 }),
      Plot.rect(stretches, {
        x1: "from",
        x2: "to",
        ...rail,
        fill: colours.range,
        fillOpacity: ({ share }: { readonly share: number }) => 0.15 + 0.85 * share,
        title: "text",
      }),
      ...theirs.flatMap(({ points, colour }) => linesOf(points, colour, 1)),
      ...linesOf(own, colours.range, 1.4),
      Plot.dot(faults, {
        x: "step",
        frameAnchor: "top",
        symbol: "times",
        stroke: colours.clipped,
        r: 3,
        clip: true,
      }),
      Plot.tip(tips, Plot.pointerX({ x: "step", y: "y", title: "text", lineWidth: tipWidth })),
    ],
  });
};
