/**
 * @file A study as a chart that reads like a table: a row per cell with its full name, and next to it a panel per quantity, with a point
 *   per seed, their mean, and one standard deviation to either side.
 */
import * as Plot from "@observablehq/plot";
import type { StudyChartView, StudyPanel } from "../views/studyChartView.ts";
import type { Chart, ChartOptions } from "./chart.ts";
import { paint } from "./palette.ts";
import { baselinesOf, coloursOf, groupStarts } from "./studyRows.ts";

type Options = Pick<ChartOptions, "document" | "width">;

/** Pixels. */
const letter = 7;
const gap = 16;
const top = 56;
const bottom = 30;
const keyHeight = 22;
const fewest = { score: 195, cost: 95 } as const;
const rowsFor = (cells: number): number => (cells <= 40 ? 22 : 17);

const widest = (texts: readonly string[]): number =>
  letter * Math.max(0, ...texts.map(({ length }) => length));

/** Longest value, in letters, that is written in full. A tip shows all of it. */
const longest = 28;
const cut = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest - 1)}…`);

/** Pixels between the ends of an axis and its first and last value, so that points do not touch neighbouring elements. */
const inset = 8;

/** Bounds of an axis: smallest and largest value on it, within the bounds of the quantity. */
export const domainOf = ({ cells, bounds, fromZero }: StudyPanel): readonly [number, number] => {
  const clamped = (x: number): number => Math.min(Math.max(x, bounds[0]), bounds[1]);
  const ends = cells
    .flatMap((cell) =>
      cell === null
        ? []
        : [
            ...cell.values.map(({ value }) => value),
            ...(Number.isFinite(cell.mean)
              ? [-1, 1].map((side) => clamped(cell.mean + side * (cell.sd ?? 0)))
              : []),
          ],
    )
    .filter(Number.isFinite);
  if (ends.length === 0) return [0, 1];
  const [from, to] = [Math.min(...ends, ...(fromZero ? [0] : [])), Math.max(...ends)];
  if (from < to) return [from, to];
  const room = Math.abs(from) / 100 || 1;
  return [clamped(from - room), clamped(from + room)];
};

interface Size {
  readonly width: number;
  readonly height: number;
  readonly rows: readonly string[];
}

const frame = ({ document }: Options, { width, height, rows }: Size): Plot.PlotOptions => ({
  ...(document && { document }),
  className: "rf",
  width,
  height,
  marginTop: top,
  marginBottom: bottom,
  marginLeft: 0,
  style: { background: "none", fontSize: "12px", fontFamily: "inherit", overflow: "visible" },
  y: { type: "band", domain: rows, axis: null, padding: 0 },
});

const separators = (view: StudyChartView): readonly Plot.Markish[] =>
  groupStarts(view).map((row) =>
    Plot.ruleY([String(row)], {
      stroke: paint("grid"),
      // Rules in a band are placed in its middle.
      dy: -rowsFor(view.names.length) / 2,
    }),
  );

/** Names of the cells, in columns under their heads. */
const namesPlot = (options: Options, view: StudyChartView, size: Size): SVGSVGElement => {
  const { heads, names } = view;
  const widths = heads.map((head, i) => widest([head, ...names.map((name) => cut(name[i] ?? ""))]) + gap);
  const starts = widths.map((_, i) => 14 + widths.slice(0, i).reduce((sum, width) => sum + width, 0));
  const fills = coloursOf(view);
  return Plot.plot({
    ...frame(options, size),
    marginRight: 0,
    x: { axis: null, domain: [0, size.width], range: [0, size.width] },
    marks: [
      ...separators(view),
      Plot.dot(fills, { x: 4, y: (_: string, i: number) => String(i), fill: (fill: string) => fill, r: 4 }),
      ...heads.flatMap((head, column) => [
        Plot.text([head], {
          x: starts[column]!,
          frameAnchor: "top",
          dy: -16,
          textAnchor: "start",
          fill: paint("quiet"),
        }),
        Plot.text(names, {
          x: starts[column]!,
          y: (_: readonly string[], i: number) => String(i),
          text: (name: readonly string[]) => cut(name[column] ?? ""),
          title: (name: readonly string[]) => (cut(name[column] ?? "") === name[column] ? "" : name[column]),
          textAnchor: "start",
        }),
      ]),
    ],
    color: { type: "identity" },
  }) as SVGSVGElement;
};

const namesWidth = ({ heads, names }: StudyChartView): number =>
  14 +
  heads.reduce((sum, head, i) => sum + widest([head, ...names.map((name) => cut(name[i] ?? ""))]) + gap, 0);

/** Room for the numbers at the right end of a panel. */
const numbersWidth = ({ cells }: StudyPanel): number =>
  widest(cells.map((cell) => cell?.text ?? "none")) + 10;

const panelPlot = (options: Options, view: StudyChartView, panel: StudyPanel, size: Size): SVGSVGElement => {
  const fills = coloursOf(view);
  const [from, to] = domainOf(panel);
  const clamped = (x: number): number => Math.min(Math.max(x, from), to);
  const rows = panel.cells.flatMap((cell, i) =>
    cell === null ? [] : [{ ...cell, row: String(i), fill: fills[i]!, name: view.names[i]!.join(", ") }],
  );
  const drawnRows = rows.filter(({ mean }) => Number.isFinite(mean));
  const seeds = rows.flatMap(({ values, row, fill, name }) =>
    values
      .filter(({ value }) => Number.isFinite(value))
      .map(({ seed, value }) => ({ seed, value, row, fill, name })),
  );
  const height = rowsFor(view.names.length);
  return Plot.plot({
    ...frame(options, size),
    marginRight: numbersWidth(panel),
    x: {
      domain: [from, to],
      label: null,
      ticks: Math.max(panel.fromZero ? 2 : 3, Math.floor((size.width - numbersWidth(panel)) / 60)),
      tickSize: 0,
      insetLeft: panel.fromZero ? 0 : inset,
      insetRight: inset,
    },
    color: { type: "identity" },
    marks: [
      ...separators(view),
      Plot.gridX({ stroke: paint("grid"), strokeOpacity: 1 }),
      Plot.text([panel.title], {
        frameAnchor: "top-left",
        dy: -30,
        lineWidth: Math.max(8, size.width / 13),
        lineAnchor: "bottom",
        fontWeight: 600,
      }),
      Plot.ruleX(baselinesOf(view, panel), {
        x: "mean",
        y1: "from",
        y2: "to",
        stroke: paint("quiet"),
        strokeDasharray: "3 3",
      }),
      ...(panel.fromZero
        ? [
            Plot.barX(drawnRows, {
              x1: 0,
              x2: "mean",
              y: "row",
              fill: "fill",
              fillOpacity: 0.28,
              insetTop: height * 0.28,
              insetBottom: height * 0.28,
            }),
          ]
        : []),
      Plot.link(
        drawnRows.filter(({ sd }) => sd !== null && sd > 0),
        {
          x1: ({ mean, sd }) => clamped(mean - (sd ?? 0)),
          x2: ({ mean, sd }) => clamped(mean + (sd ?? 0)),
          y: "row",
          stroke: "fill",
          strokeWidth: 1.5,
        },
      ),
      Plot.dot(seeds, {
        x: "value",
        y: "row",
        r: 2.6,
        stroke: "fill",
        strokeWidth: 1,
        fill: paint("paper"),
        title: ({ name, seed, value }) => `${name}, seed ${seed}: ${Number(value.toPrecision(6))}`,
      }),
      Plot.tickX(drawnRows, {
        x: "mean",
        y: "row",
        stroke: "fill",
        strokeWidth: 3,
        insetTop: height * 0.18,
        insetBottom: height * 0.18,
        title: ({ name, text }) => `${name}: ${text}`,
      }),
      Plot.text(view.names, {
        y: (_: unknown, i: number) => String(i),
        text: (_: unknown, i: number) => panel.cells[i]?.text ?? "none",
        fill: (_: unknown, i: number) => (panel.cells[i] === null ? paint("quiet") : "currentColor"),
        frameAnchor: "right",
        textAnchor: "end",
        dx: numbersWidth(panel) - 2,
        fontVariant: "tabular-nums",
      }),
    ],
  }) as SVGSVGElement;
};

/** Widths of the panels: those of scores are twice those of costs, if there is room. */
const panelWidths = (panels: readonly StudyPanel[], room: number): readonly number[] => {
  const fixed = panels.reduce((sum, panel) => sum + numbersWidth(panel) + gap, 0);
  const share = (room - fixed) / panels.reduce((sum, { fromZero }) => sum + (fromZero ? 1 : 2), 0);
  return panels.map(
    (panel) =>
      numbersWidth(panel) +
      Math.floor(panel.fromZero ? Math.max(fewest.cost, share) : Math.max(fewest.score, 2 * share)),
  );
};

/** How to read the marks. */
const keyOf = (view: StudyChartView): string =>
  [
    "circles: seeds",
    "thick mark: their mean",
    "line: one standard deviation to either side",
    ...(view.names.length > 1
      ? [`dashed: the first row${new Set(view.firsts).size > 1 ? " of each group" : ""}`]
      : []),
  ].join("; ");

const svgNamespace = "http://www.w3.org/2000/svg";

/** The chart of a study. It is wider than `width` if its names and numbers require it. */
export const studyChart = (view: StudyChartView, options: Options = {}): Chart => {
  const { document: made = globalThis.document, width = 960 } = options;
  const rows = view.names.map((_, i) => String(i));
  const height = top + bottom + rowsFor(rows.length) * rows.length;
  const first = namesWidth(view);
  const widths = panelWidths(view.panels, width - first);
  const whole = first + widths.reduce((sum, one) => sum + gap + one, 0);
  const element = (name: string, attributes: Readonly<Record<string, string | number>>, text = "") => {
    const one = made.createElementNS(svgNamespace, name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, String(value));
    one.textContent = text;
    return one;
  };
  const size = { width: whole, height: height + keyHeight };
  const svg = element("svg", {
    ...size,
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: "img",
    "aria-label": view.title,
    fill: "currentColor",
    "font-family": "system-ui, sans-serif",
    "font-size": 12,
  });
  const plots = [
    namesPlot(options, view, { width: first, height, rows }),
    ...view.panels.map((panel, i) => panelPlot(options, view, panel, { width: widths[i]!, height, rows })),
  ];
  let x = 0;
  for (const [i, plot] of plots.entries()) {
    plot.setAttribute("x", String(x));
    plot.querySelector("style")?.remove();
    svg.append(plot);
    x += (i === 0 ? first : widths[i - 1]!) + gap;
  }
  svg.append(element("text", { x: 0, y: height + keyHeight - 4, fill: paint("quiet") }, keyOf(view)));
  return svg as unknown as Chart;
};
