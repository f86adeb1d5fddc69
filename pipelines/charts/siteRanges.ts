/** @file A site over time: the interval that its tensors took, and the range that they were quantized with. */
import * as Plot from "@observablehq/plot";
import type { RunView, SiteView } from "../views/runView.ts";
import {
  bucketsIn,
  type Chart,
  type ChartOptions,
  colours,
  drawn,
  middleOf,
  numberText,
  stepsText,
} from "./chart.ts";

export interface SiteRangesOptions extends ChartOptions {
  /** Axis of values: a signed logarithm shows small ranges beside large ones. */
  readonly axis?: "linear" | "signed log";
}

/** What is drawn of one bucket. */
const pointsOf = (run: RunView, { columns: c }: SiteView, steps: ChartOptions["steps"]) =>
  bucketsIn(run, steps)
    .filter((i) => c.rows[i]! > 0)
    .map((i) => ({
      step: middleOf(run, i),
      min: c.min[i]!,
      max: c.max[i]!,
      loLeast: c.loLeast[i]!,
      loGreatest: c.loGreatest[i]!,
      hiLeast: c.hiLeast[i]!,
      hiGreatest: c.hiGreatest[i]!,
      text: [
        stepsText(run, i),
        `observed ${numberText(c.min[i]!)} to ${numberText(c.max[i]!)}`,
        c.loLeast[i] === c.loGreatest[i] && c.hiLeast[i] === c.hiGreatest[i]
          ? `range ${numberText(c.loLeast[i]!)} to ${numberText(c.hiLeast[i]!)}`
          : `lower end ${numberText(c.loLeast[i]!)} to ${numberText(c.loGreatest[i]!)}, upper end ${numberText(c.hiLeast[i]!)} to ${numberText(c.hiGreatest[i]!)}`,
        `${numberText((100 * c.clipped[i]!) / c.elements[i]!)} % clipped`,
      ].join("\n"),
    }));

type Point = ReturnType<typeof pointsOf>[number];

const constantOf = (points: readonly Point[]): number =>
  Math.max(
    1e-30,
    ...points.flatMap(({ min, max }) => [Math.abs(min), Math.abs(max)]).filter(Number.isFinite),
  ) / 1000;

/** Observed minimum and maximum as a band, the ends of the range as lines; where steps share a bucket the ends are bands, too. */
export const siteRanges = (run: RunView, site: SiteView, options: SiteRangesOptions = {}): Chart => {
  const points = pointsOf(run, site, options.steps);
  const end = (least: keyof Point, greatest: keyof Point) => [
    Plot.areaY(points, { x: "step", y1: least, y2: greatest, fill: colours.range, fillOpacity: 0.35 }),
    Plot.lineY(points, {
      x: "step",
      y: least === "loLeast" ? least : greatest,
      stroke: colours.range,
      strokeWidth: 1.2,
    }),
  ];
  return drawn(options, {
    ariaLabel: `Observed values and ranges of ${site.site} by step`,
    height: 280,
    x: { label: "step", ...(options.steps && { domain: [...options.steps] }) },
    y: {
      label: "value",
      grid: true,
      ...(options.axis === "signed log" && { type: "symlog", constant: constantOf(points) }),
    },
    marks: [
      Plot.areaY(points, { x: "step", y1: "min", y2: "max", fill: colours.observed, fillOpacity: 0.45 }),
      ...end("loLeast", "loGreatest"),
      ...end("hiLeast", "hiGreatest"),
      Plot.ruleY([0], { stroke: colours.neutral }),
      Plot.tip(points, Plot.pointerX({ x: "step", y: "hiGreatest", title: "text" })),
    ],
  });
};
