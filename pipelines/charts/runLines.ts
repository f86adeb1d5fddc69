/** @file Lines of several runs in one chart, labelled at their ends. */
import * as Plot from "@observablehq/plot";
import { mean } from "../../core/mean.ts";
import { type Chart, type ChartOptions, drawn, numberText, tickFormat } from "./chart.ts";
import { apart } from "./endLabels.ts";
import { paint, seriesColours } from "./palette.ts";

/** A line of one run. */
export interface RunLine {
  readonly name: string;
  /** Lines of a group share a colour, and a label at the end of the first. */
  readonly group: string;
  /** Points in the order of steps. Values that are not finite are gaps. */
  readonly points: readonly RunPoint[];
}

export interface RunPoint {
  readonly step: number;
  readonly value: number;
  /** Text of its tip. */
  readonly text: string;
}

export interface RunLinesOptions extends ChartOptions {
  /** Description of the chart for screen readers. */
  readonly ariaLabel: string;
  /** Label of the axis of values, with the unit. */
  readonly label: string;
  readonly axis?: "linear" | "log";
  /** Whether points are marked, as for epochs. Default: false. */
  readonly marked?: boolean;
}

/** Pixels. */
const height = 260;
const lineHeight = 14;
const letter = 7;
const longest = 30;

/** Shortens names in their middle, because names differ at their start or end. */
const cutName = (name: string): string =>
  name.length <= longest ? name : `${name.slice(0, longest / 2 - 1)}…${name.slice(-longest / 2)}`;

/** How the lines of a group are drawn. */
interface Stroke {
  readonly colour: string;
  readonly isDashed: boolean;
}

const dashes = "5 3";

/** Strokes of groups: a colour each, then the same ones dashed; one neutral colour if there are too many. */
const groupStrokes = (groups: readonly string[]): ReadonlyMap<string, Stroke> => {
  const count = seriesColours.length;
  return new Map(
    groups.map((group, i) => [
      group,
      groups.length > 2 * count
        ? { colour: paint("quiet"), isDashed: false }
        : { colour: seriesColours[i % count]!, isDashed: i >= count },
    ]),
  );
};

interface Label {
  readonly group: string;
  readonly step: number;
  readonly value: number;
}

/** Mean of the lines of a group, at the steps where all of them have a point. */
const meanLine = (group: string, lines: readonly RunLine[]): RunLine => {
  const values = new Map<number, readonly number[]>();
  for (const { points } of lines)
    for (const { step, value } of points) values.set(step, [...(values.get(step) ?? []), value]);
  const points = [...values]
    .filter(([, all]) => all.length === lines.length)
    .map(([step, all]): RunPoint => {
      const value = mean(all);
      return { step, value, text: `mean of ${all.length} runs: ${numberText(value)}` };
    })
    .sort((a, b) => a.step - b.step);
  return { name: group, group, points };
};

/** Line that represents each group: its mean if it has several lines. */
const leadersOf = (lines: readonly RunLine[], groups: readonly string[]): readonly RunLine[] =>
  groups.flatMap((group) => {
    const own = lines.filter((line) => line.group === group);
    const line = own.length > 1 ? meanLine(group, own) : own[0]!;
    return line.points.length > 0 ? [line] : own.filter(({ points }) => points.length > 0).slice(0, 1);
  });

/** Last point of the line of each group. */
const labelsOf = (leaders: readonly RunLine[]): readonly Label[] =>
  leaders.map(({ group, points }) => ({ group, step: points.at(-1)!.step, value: points.at(-1)!.value }));

/** Places labels as close to their lines as the others allow. */
const asNear = (options: Plot.TextOptions): Plot.TextOptions =>
  Plot.initializer(options, (data, facets, channels, scales, dimensions) => {
    const { y } = channels as unknown as { readonly y: { readonly value: readonly number[] } };
    const heightOf = scales.y as unknown as (value: number) => number;
    const {
      marginTop,
      height: whole,
      marginBottom,
    } = dimensions as unknown as Readonly<Record<string, number>>;
    return {
      data,
      facets,
      channels: {
        y: { value: [...apart([...y.value].map(heightOf), marginTop!, whole! - marginBottom!)] },
      },
    };
  });

/** Draws lines of runs by step. */
export const runLines = (all: readonly RunLine[], options: RunLinesOptions): Chart => {
  const [from, to] = options.steps ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const drawable = (value: number): boolean =>
    Number.isFinite(value) && (options.axis !== "log" || value > 0);
  const lines: readonly RunLine[] = all.map((line) => ({
    ...line,
    points: line.points.filter(({ step, value }) => step >= from && step <= to && drawable(value)),
  }));
  const groups = [...new Set(all.map(({ group }) => group))];
  const strokes = groupStrokes(groups);
  const fitting = lineHeight * groups.length <= height - 60;
  const leaders = leadersOf(lines, groups);
  const labels = fitting ? labelsOf(leaders) : [];
  const pointsOf = (some: readonly RunLine[]) =>
    some.flatMap(({ name, group, points }) =>
      points.map((point) => ({ ...point, name, group, text: `${name}\n${point.text}` })),
    );
  const points = pointsOf(lines);
  const means = pointsOf(leaders.filter((line) => !lines.includes(line)));
  const colourOf = ({ group }: { readonly group: string }): string => strokes.get(group)!.colour;
  const isDashed = ({ group }: { readonly group: string }): boolean => strokes.get(group)!.isDashed;
  /** Lines, those of dashed groups in a mark of their own. */
  const linesOf = (some: ReturnType<typeof pointsOf>, style: Plot.LineYOptions): readonly Plot.Markish[] =>
    [false, true].flatMap((dashed) => {
      const own = some.filter((point) => isDashed(point) === dashed);
      const how = { x: "step", y: "value", z: "name", stroke: colourOf, ...style } as const;
      return own.length === 0 && dashed
        ? []
        : [Plot.lineY(own, { ...how, ...(dashed && { strokeDasharray: dashes }) })];
    });
  return drawn(options, {
    ariaLabel: options.ariaLabel,
    height,
    marginRight:
      labels.length === 0
        ? 20
        : 12 +
          letter * Math.max(...groups.map((group) => cutName(group).length + (isDashed({ group }) ? 2 : 0))),
    x: {
      label: "step",
      domain: options.steps ? [...options.steps] : [0, Math.max(1, ...points.map(({ step }) => step))],
      tickFormat: (step: number) => (Number.isInteger(step) ? String(step) : ""),
    },
    y: { label: options.label, grid: true, tickFormat, ...(options.axis === "log" && { type: "log" }) },
    color: { type: "identity" },
    marks: [
      ...linesOf(points, {
        strokeWidth: means.length > 0 ? 1 : 1.4,
        strokeOpacity: means.length > 0 ? 0.4 : 1,
        ...(options.marked && means.length === 0 && { marker: "dot" }),
      }),
      ...linesOf(means, {
        strokeWidth: 2.4,
        ...(options.marked && { marker: "dot" }),
      }),
      Plot.text(
        labels,
        asNear({
          x: "step",
          y: "value",
          text: (label: Label) => `${isDashed(label) ? "╌ " : ""}${cutName(label.group)}`,
          fill: colourOf,
          textAnchor: "start",
          dx: 6,
        }),
      ),
      Plot.tip([...means, ...points], Plot.pointer({ x: "step", y: "value", title: "text" })),
    ],
  });
};
