/** @file Charts of quantities per epoch: scores, further metrics, constraints, barrier, overflows. */
import * as Plot from "@observablehq/plot";
import type { EpochView, RunView } from "../views/runView.ts";
import { scoreName, scoreUnit } from "../views/scoreText.ts";
import {
  type Chart,
  type ChartOptions,
  clipOf,
  colours,
  drawn,
  notFiniteMarks,
  numberText,
  stepAxis,
  tickFormat,
} from "./chart.ts";
import { seriesColours } from "./palette.ts";

/** One line of a panel: a number for each epoch that has it. */
export interface EpochSeries {
  readonly name: string;
  readonly colour: string;
  readonly of: (epoch: EpochView) => number | undefined;
}

/** Quantities on one axis. */
export interface EpochPanel {
  readonly title: string;
  /** Unit after the title; empty if there is none. */
  readonly unit: string;
  readonly series: readonly EpochSeries[];
}

/** Lines of training and of test samples. There may be only one of them. */
const trainAndTest = (
  { epochs }: RunView,
  train: (epoch: EpochView) => number | undefined,
  test: (epoch: EpochView) => number | undefined,
): readonly EpochSeries[] =>
  [
    { name: "training", colour: colours.train, of: train },
    { name: "test", colour: colours.test, of: test },
  ].filter(({ of }) => epochs.some((epoch) => of(epoch) !== undefined));

const scaled = (factor: number, value: number | undefined): number | undefined =>
  value === undefined ? undefined : factor * value;

/** A metric of training and of test samples, in its unit. */
const metricPanel = (
  run: RunView,
  name: string,
  told: (epoch: EpochView) => { train?: number | undefined; test?: number | undefined } | undefined,
): EpochPanel => {
  const { factor, unit } = scoreUnit(name);
  const series = trainAndTest(
    run,
    (epoch) => scaled(factor, told(epoch)?.train),
    (epoch) => scaled(factor, told(epoch)?.test),
  );
  return { title: scoreName(name), unit, series };
};

const scorePanel = (run: RunView): readonly EpochPanel[] => {
  const metric = run.epochs[0]?.metric;
  return metric === undefined || metric === "loss"
    ? []
    : [metricPanel(run, metric, ({ trainScore: train, testScore: test }) => ({ train, test }))];
};

const metricPanels = (run: RunView): readonly EpochPanel[] => {
  const { epochs } = run;
  const names = new Set(epochs.flatMap(({ metrics = [] }) => metrics.map(({ name }) => name)));
  // The score has a panel already.
  const others = [...names].filter((name) => name !== epochs[0]?.metric);
  return others.map((name) =>
    metricPanel(run, name, ({ metrics }) => metrics?.find((one) => one.name === name)),
  );
};

const constraintPanels = ({ epochs }: RunView): readonly EpochPanel[] => {
  const sites = [...new Set(epochs.flatMap(({ constraints = [] }) => constraints.map(({ site }) => site)))];
  const panel = (title: string, field: "slack" | "multiplier"): EpochPanel => ({
    title,
    unit: "",
    series: sites.map((site, i) => ({
      name: site,
      // The ninth line has the colour of the first.
      colour: seriesColours[i % seriesColours.length]!,
      of: ({ constraints }) => constraints?.find((one) => one.site === site)?.[field],
    })),
  });
  return sites.length === 0
    ? []
    : [panel("mean slack of the constraint", "slack"), panel("multiplier", "multiplier")];
};

const oneLine = (
  { epochs }: RunView,
  title: string,
  unit: string,
  of: EpochSeries["of"],
): readonly EpochPanel[] =>
  epochs.some((epoch) => of(epoch) !== undefined)
    ? [{ title, unit, series: [{ name: title, colour: colours.train, of }] }]
    : [];

/**
 * Panels for the per-epoch quantities of a run. The loss is not among them, because every step has one.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const charts = epochPanels(run).map((panel) => epochChart(run, panel));
 */
export const epochPanels = (run: RunView): readonly EpochPanel[] => [
  ...scorePanel(run),
  ...metricPanels(run),
  ...constraintPanels(run),
  ...oneLine(run, "log barrier", "", ({ barrier }) => barrier),
  ...oneLine(run, "sums that overflowed", "%", ({ overflowShare }) => scaled(100, overflowShare)),
];

/** Largest number of lines that a legend names. For more, only tips do. */
const mostNamed = 8;

/**
 * A panel by step, with each epoch at its end. Values that are not finite are marked at the upper edge.
 *
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const charts = epochPanels(run).map((panel) => epochChart(run, panel));
 */
export const epochChart = (run: RunView, panel: EpochPanel, options: ChartOptions = {}): Chart => {
  const { title, unit, series } = panel;
  const all = series.flatMap(({ name, colour, of }) =>
    run.epochs.flatMap((epoch) => {
      const value = of(epoch);
      const said = name === title ? title : `${name} ${title}`;
      return value === undefined
        ? []
        : [
            {
              ...{ step: epoch.steps, value, name, colour },
              text: `epoch ${epoch.epoch}\n${said} ${numberText(value)} ${unit}`.trimEnd(),
            },
          ];
    }),
  );
  const points = all.filter(({ value }) => Number.isFinite(value));
  const named = series.filter(({ name }) => all.some((point) => point.name === name));
  return drawn(options, {
    ariaLabel: `${title} of ${run.name} by epoch`,
    height: 180,
    x: stepAxis(run, options),
    insetTop: 6,
    insetBottom: 6,
    y: { label: unit === "" ? title : `${title} (${unit})`, grid: true, ticks: 5, tickFormat },
    color: {
      // A single line is named by the title, unless it has another name.
      legend: named.some(({ name }) => name !== title) && named.length <= mostNamed,
      domain: named.map(({ name }) => name),
      range: named.map(({ colour }) => colour),
    },
    marks: [
      Plot.line(points, {
        x: "step",
        y: "value",
        z: "name",
        stroke: "name",
        marker: "dot",
        clip: clipOf(options),
      }),
      Plot.tip(points, Plot.pointer({ x: "step", y: "value", title: "text" })),
      ...notFiniteMarks(
        run,
        all.filter(({ value }) => !Number.isFinite(value)),
        options,
      ),
    ],
  });
};
