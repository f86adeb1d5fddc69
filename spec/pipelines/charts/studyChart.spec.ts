/** @file Charts of studies are read back from the text of their files: what is drawn where it belongs. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { domainOf } from "../../../pipelines/charts/studyChart.ts";
import { studyChartFile } from "../../../pipelines/report/svgFile.ts";
import type { CellSpread, StudyChartView, StudyPanel } from "../../../pipelines/views/studyChartView.ts";

const test = suite("charts/studyChart");

const spread = (mean: number, sd: number | null, ...values: readonly number[]): CellSpread => ({
  ...{ mean, sd, text: `${mean} ± ${sd}` },
  values: values.map((value, i) => ({ seed: i + 1, value })),
});

const scores: StudyPanel = {
  ...{ title: "test accuracy, %", bounds: [0, 100], fromZero: false },
  cells: [spread(98, 3, 96, 100), spread(97, null, 97), null],
};
const seconds: StudyPanel = {
  ...{ title: "seconds", bounds: [0, Number.POSITIVE_INFINITY], fromZero: true },
  cells: [spread(3, 1, 2, 4), spread(6, null, 6), null],
};
const view: StudyChartView = {
  title: 'Bits & "ranges" <of a study>',
  heads: ["bits", "range"],
  names: [
    ["8/8/8", "<b>dynamic</b>"],
    ["8/8/8", "inHindsight"],
    ["4/4/4", "inHindsight"],
  ],
  groupedBy: 0,
  firsts: [0, 0, 0],
  panels: [scores, seconds],
};

const svgOf = (one: StudyChartView): Element => parseHTML(studyChartFile(one)).document.querySelector("svg")!;
const svg = svgOf(view);
/** The names, then the panels. */
const plots = [...svg.querySelectorAll("svg > svg > svg")];
const labels = (plot: Element): readonly string[] =>
  [...plot.querySelectorAll("text")].map(({ textContent }) => textContent ?? "");
const number = (element: Element, name: string): number => Number(element.getAttribute(name));

test("an axis ends where its values do, and within the bounds of the quantity", () => {
  // 98 + 3 is beyond 100 %.
  assert.equal(domainOf(scores), [95, 100]);
  assert.equal(domainOf(seconds), [0, 6]);
  assert.equal(domainOf({ ...scores, cells: [null] }), [0, 1]);
  assert.equal(domainOf({ ...scores, cells: [spread(100, null, 100)] }), [99, 100]);
  assert.equal(domainOf({ ...scores, cells: [spread(0, 0, 0, 0)] }), [0, 1]);
  assert.equal(domainOf({ ...scores, cells: [spread(Number.POSITIVE_INFINITY, null, 5, 7)] }), [5, 7]);
  const ticks = labels(plots[1]!).filter((text) => /^\d+$/.test(text));
  assert.ok(ticks.length >= 2);
  assert.ok(
    ticks.every((tick) => Number(tick) >= 95 && Number(tick) <= 100),
    ticks.join(),
  );
});

test("each row has the whole name of its cell, and its numbers", () => {
  assert.equal(labels(plots[0]!), [
    ...["bits", "8/8/8", "8/8/8", "4/4/4"],
    ...["range", "<b>dynamic</b>", "inHindsight", "inHindsight"],
  ]);
  for (const text of ["98 ± 3", "97 ± null", "none"]) assert.ok(labels(plots[1]!).includes(text), text);
  assert.not.match(studyChartFile(view), "<b>");
});

test("seeds, means and deviations stand where the axis says; nothing joins the cells", () => {
  const [, plot] = plots;
  const circles = [...plot!.querySelectorAll("circle")];
  assert.is(circles.length, 3);
  const [low, high, other] = circles.map((circle) => number(circle, "cx")) as [number, number, number];
  // Seeds 96, 100 and 97: the third stands a quarter of the way.
  assert.ok(Math.abs(other - (low + (high - low) / 4)) < 0.05, `${other} between ${low} and ${high}`);
  const means = [...plot!.querySelectorAll("[aria-label=tick] line")].map((line) => number(line, "x1"));
  assert.ok(Math.abs(means[0]! - (low + high) / 2) < 0.05);
  const [deviation] = [...plot!.querySelectorAll("[aria-label=link] path")];
  const [from, to] = deviation!
    .getAttribute("d")!
    .match(/[\d.]+(?=,)/g)!
    .map(Number) as [number, number];
  assert.ok(Math.abs(to - high) < 0.05, "98 + 3 is drawn up to 100");
  assert.ok(Math.abs(low - from - (high - low) / 4) < 0.05, "98 - 3 is one below 96");
  const rows = new Set(circles.map((circle) => circle.getAttribute("cy")));
  assert.is(rows.size, 2);
  assert.is(plot!.querySelector("polyline"), null);
  for (const path of plot!.querySelectorAll("[aria-label=link] path")) {
    const heights = path.getAttribute("d")!.match(/(?<=,)[\d.]+/g)!;
    assert.is(new Set(heights).size, 1);
  }
});

test("bars of costs begin at zero and end at the mean", () => {
  const bars = [...plots[2]!.querySelectorAll("[aria-label=bar] rect")];
  assert.equal(
    bars.map((bar) => number(bar, "x")),
    [0, 0],
  );
  assert.ok(Math.abs(number(bars[1]!, "width") - 2 * number(bars[0]!, "width")) < 0.05);
});

test("the file can be read in light and in dark: each colour has a rule for dark paper, none is a property of a page", () => {
  const text = studyChartFile(view);
  assert.not.match(text, "var(");
  const rules = svg.querySelector("style")!.textContent!;
  assert.match(rules, "@media(prefers-color-scheme:dark)");
  const used = new Set([...text.matchAll(/(?:fill|stroke)="(#[0-9a-f]+)"/g)].map(([, colour]) => colour));
  assert.ok(used.size > 3);
  for (const colour of used) assert.ok(rules.includes(`[fill="${colour}"]`), colour);
});

test("the same study gives the same text, with coordinates of two decimals", () => {
  const text = studyChartFile(view);
  assert.is(text, studyChartFile(structuredClone(view)));
  assert.not.match(text, /\d\.\d{3}/);
  assert.not.match(text, /NaN|undefined|Infinity/);
});

test("rows of a group are compared with its first one: a dashed line from there to its last row", () => {
  const linesOf = (one: StudyChartView): readonly (readonly [x: number, y1: number, y2: number])[] =>
    [...svgOf(one).querySelectorAll("svg > svg > svg")[1]!.querySelectorAll("[stroke-dasharray] line")].map(
      (line) => [number(line, "x1"), number(line, "y1"), number(line, "y2")],
    );
  const four: StudyChartView = {
    ...view,
    names: [...view.names, ["4/4/4", "dynamic"]],
    panels: [
      { ...scores, cells: [spread(98, 3, 96, 100), spread(97, null, 97), spread(96, 0), spread(95, 0)] },
    ],
  };
  const [all, ...none] = linesOf({ ...four, firsts: [0, 0, 0, 0] });
  assert.equal(none, []);
  const two = linesOf({ ...four, firsts: [0, 0, 2, 2] });
  // Rows are 22 pixels high.
  assert.equal(
    two.map(([, y1, y2]) => y2 - y1),
    [44, 44],
  );
  assert.equal([all![2] - all![1], two[0]![1], two[0]![2]], [88, all![1], two[1]![1]]);
  assert.ok(two[0]![0] === all![0] && two[1]![0] < all![0]);
  assert.match(studyChartFile({ ...four, firsts: [0, 0, 2, 2] }), /dashed: the first row of each group/);
  // A first cell that is not there is compared with nothing, nor is one alone.
  assert.equal(linesOf({ ...four, firsts: [-1, -1, 2, 3] }), []);
});

test("one cell without a run, and values that are not finite, are drawn as well", () => {
  const odd = (cells: StudyPanel["cells"]): string =>
    studyChartFile({
      ...{ title: "", heads: ["cell"], names: [["all"]], groupedBy: 0, firsts: [0] },
      panels: [{ ...scores, cells }],
    });
  for (const text of [
    odd([null]),
    odd([spread(Number.POSITIVE_INFINITY, null, Number.POSITIVE_INFINITY)]),
    odd([spread(Number.NaN, null, Number.NaN, 3)]),
  ])
    assert.not.match(text.replace(/>[^<]*</g, "><"), /NaN|Infinity/);
});

test.run();
