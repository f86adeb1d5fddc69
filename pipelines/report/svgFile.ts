/**
 * @file A chart as a self-contained SVG file. It contains the colours for a light background, and rules that change them for a dark one.
 *   Coordinates have two decimals, so that equal numbers give equal text.
 */
import { parseHTML } from "linkedom";
import type { Chart } from "../charts/chart.ts";
import { palette } from "../charts/palette.ts";
import { studyChart } from "../charts/studyChart.ts";
import type { StudyChartView } from "../views/studyChartView.ts";

const { light, dark } = {
  light: Object.values(palette).map((colour) => colour.light),
  dark: Object.values(palette).map((colour) => colour.dark),
};

/** Attributes that hold coordinates and sizes. */
const sizes = ["x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "d", "dx", "dy", "width", "height"].concat(
  "transform",
  "viewBox",
  "points",
);

const rounded = (text: string): string =>
  text.replace(/-?\d+\.\d+(e-?\d+)?/g, (number) => String(Math.round(100 * Number(number)) / 100 || 0));

/** Replaces references to custom properties by their default colours. */
const plainColour = (text: string): string => text.replace(/var\(--[\w-]+, ([^()]+)\)/g, "$1");

/** An attribute with `&` and `<` escaped, which XML requires and HTML does not. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** Controls that no XML may hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const noCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const style = [
  `svg{color:${palette.ink.light}}`,
  "@media(prefers-color-scheme:dark){",
  `svg{color:${palette.ink.dark}}`,
  ...light.flatMap((colour, i) =>
    ["fill", "stroke"].map((name) => `[${name}="${colour}"]{${name}:${dark[i]}}`),
  ),
  "}",
].join("");

/** Pixels around a chart, and height of its title. */
const margin = 16;
const titleHeight = 28;

/**
 * A chart under its title, as the text of a self-contained SVG file for light and dark backgrounds.
 *
 * @param draw makes the SVG element with a given document
 * @example not run: it reads a run
 * const run = readRunView("runs/mine");
 * const svg = svgFile("Fit of the ranges", (document) => fitMap(run, { document }));
 */
export const svgFile = (title: string, draw: (document: Document) => Chart): string => {
  const { document } = parseHTML("<html><body></body></html>");
  const element = (
    name: string,
    attributes: Readonly<Record<string, string | number>>,
    ...children: readonly (Element | string)[]
  ): Element => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    made.append(...children);
    return made;
  };
  const chart = draw(document);
  const [width, height] = ["width", "height"].map(
    (name) => Number(chart.getAttribute(name)) + 2 * margin,
  ) as [number, number];
  for (const [name, value] of Object.entries({ x: margin, y: margin + titleHeight }))
    chart.setAttribute(name, String(value));
  const whole = { width, height: height + titleHeight };
  const svg = element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      ...whole,
      viewBox: `0 0 ${whole.width} ${whole.height}`,
      role: "img",
      color: palette.ink.light,
      "font-family": "system-ui, sans-serif",
    },
    element("title", {}, title),
    element("style", {}, style),
    element("rect", { ...whole, fill: palette.paper.light }),
    element(
      "text",
      { x: margin, y: margin + 14, fill: "currentColor", "font-size": 14, "font-weight": 600 },
      title,
    ),
    chart,
  );
  for (const one of [svg, ...svg.querySelectorAll("*")])
    for (const { name, value } of [...one.attributes])
      one.setAttribute(name, escaped(sizes.includes(name) ? rounded(value) : plainColour(value)));
  return `${svg.outerHTML.replace(noCharacter, "\ufffd")}\n`;
};

/** The chart of a study as a file. */
export const studyChartFile = (view: StudyChartView): string =>
  svgFile(view.title, (document) => studyChart(view, { document }));
