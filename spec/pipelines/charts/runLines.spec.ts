/** @file Lines of several runs: one colour a run, its name at its end, what is not finite left out. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apart } from "../../../pipelines/charts/endLabels.ts";
import { lossOverlay, scoreOverlay } from "../../../pipelines/charts/learningOverlay.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("charts/runLines");

const { document } = parseHTML("<html><body></body></html>");

test("labels stand at their lines, apart from each other, and inside of the chart", () => {
  assert.equal(apart([50, 100], 0, 200), [50, 100]);
  assert.equal(apart([100, 99, 101], 0, 200), [112, 99, 125]);
  assert.equal(apart([198, 199, 200], 0, 200), [174, 187, 200]);
  assert.equal(apart([-5], 0, 200), [0]);
});

const linesIn = (chart: Element) => {
  const paths = [...chart.querySelectorAll("[aria-label=line] path")];
  return paths.map((path) => ({
    colour: path.getAttribute("stroke"),
    points: path.getAttribute("d")!.split(/[ML]/).length - 1,
  }));
};

const labelsIn = (chart: Element) =>
  [...chart.querySelectorAll("g[aria-label=text] text")].map((text) => [
    text.textContent,
    text.getAttribute("fill"),
  ]);

test("each run has a colour of its own, and its name in it", () => {
  const runs = ["a", "<b>b</b>"].map((name, i) => madeUp({ name, steps: 8 + i }));
  const chart = lossOverlay(runs, { document });
  const lines = linesIn(chart);
  assert.equal(
    lines.map(({ points }) => points),
    [8, 9],
  );
  const [a, b] = lines.map(({ colour }) => colour);
  assert.is.not(a, b);
  assert.equal(labelsIn(chart), [
    ["a", a],
    ["<b>b</b>", b],
  ]);
});

test("seeds of a cell share its colour and one name, that of their mean; scores are drawn at the ends of the epochs", () => {
  const runs = [1, 2, 3].map((seed) => madeUp({ name: `seed=${seed}`, steps: 60, epochs: 3 }));
  const chart = scoreOverlay(runs, "accuracy", { document, groups: ["x", "x", "y"] });
  const lines = linesIn(chart);
  assert.equal(
    lines.map(({ points }) => points),
    [3, 3, 3, 3],
    "three runs and a mean",
  );
  assert.is(lines[0]!.colour, lines[1]!.colour);
  assert.is(lines[0]!.colour, lines[3]!.colour);
  assert.is.not(lines[0]!.colour, lines[2]!.colour);
  assert.equal(
    labelsIn(chart).map(([name]) => name),
    ["x", "y"],
  );
});

test("a mean is that of all runs of a cell, where all of them have a point", () => {
  const runs = [1, 3].map((loss, i) => madeUp({ name: `seed=${i}`, steps: 4 + i, loss: () => loss }));
  const chart = lossOverlay(runs, { document, groups: ["x", "x"] });
  const lines = linesIn(chart);
  assert.equal(
    lines.map(({ points }) => points),
    [4, 5, 4],
  );
  const heights = [...chart.querySelectorAll("[aria-label=line] path")].map((path) =>
    Number(path.getAttribute("d")!.match(/,([\d.]+)/)![1]),
  );
  assert.is(heights[2], (heights[0]! + heights[1]!) / 2);
});

test("infinite and missing losses, a run without a step and a logarithmic axis break nothing", () => {
  const runs = [
    madeUp({ name: "bad", steps: 4, loss: (step) => [Number.NaN, Number.POSITIVE_INFINITY, 0, 2][step]! }),
    madeUp({ name: "none", steps: 0, epochs: 0 }),
  ];
  for (const axis of ["linear", "log"] as const) {
    const chart = lossOverlay(runs, { document, axis });
    assert.not.match(chart.outerHTML, /NaN|Infinity|undefined/);
    assert.is(linesIn(chart).length, 1);
  }
  assert.equal(linesIn(scoreOverlay([runs[1]!], "accuracy", { document })), []);
});

test("where colours run out, the next lines have them again, dashed, and say so at their ends", () => {
  const runs = Array.from({ length: 10 }, (_, i) => madeUp({ name: `run ${i}`, steps: 3 + i, sites: [] }));
  const chart = lossOverlay(runs, { document });
  const dashed = [...chart.querySelectorAll("[aria-label=line]")].map((mark) => [
    mark.getAttribute("stroke-dasharray"),
    mark.querySelectorAll("path").length,
  ]);
  assert.equal(
    dashed.filter(([, paths]) => paths !== 0),
    [
      [null, 8],
      ["5 3", 2],
    ],
  );
  const colours = linesIn(chart).map(({ colour }) => colour);
  assert.is(new Set(colours).size, 8);
  assert.equal(colours.slice(8), colours.slice(0, 2));
  assert.equal(labelsIn(chart).at(8), ["╌ run 8", colours[0]]);
});

test("more runs than there are colours, solid and dashed, are quiet, and unnamed where there is no room", () => {
  const runs = Array.from({ length: 40 }, (_, i) => madeUp({ name: `seed=${i}`, steps: 3, sites: [] }));
  const chart = lossOverlay(runs, { document });
  assert.is(new Set(linesIn(chart).map(({ colour }) => colour)).size, 1);
  assert.equal(labelsIn(chart), []);
});

test.run();
