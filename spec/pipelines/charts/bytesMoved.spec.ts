/** @file Bytes by layer and role: sums of the rows, a bar for each, and of many layers the largest with the others together. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesMoved, layerBytes, totalBytes } from "../../../pipelines/charts/bytesMoved.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("charts/bytesMoved");

const { document } = parseHTML("<html><body></body></html>");
const options = { document, width: 800 };
const countOf = (chart: Element, selector: string): number => chart.querySelectorAll(selector).length;

/** 60 steps, of which the first one of gradients waits for its range. */
const run = madeUp({
  sites: ["conv1/input", "conv1/weight", "conv1/gradient", "conv1/weightGradient", "dense"],
  row: (site, step) => {
    if (site === "conv1/weight") return { isStatic: false, bytesMoved: 100, bytesSaved: 0 };
    const waits = site.endsWith("radient") && step === 0;
    return { isStatic: !waits, bytesMoved: waits ? 9 : 5, bytesSaved: waits ? 0 : 4 };
  },
});
const gradients = run.sites.map((site) =>
  site.site === "conv1/weightGradient" ? { ...site, role: "gradient" as const } : site,
);
const withCopies = { ...run, sites: gradients };

test("sums are those of the rows, by layer and role; both copies of a gradient are of one", () => {
  assert.equal(layerBytes(withCopies), [
    { layer: "conv1", role: "activation", statically: 300, dynamically: 0, saved: 240 },
    { layer: "conv1", role: "weight", statically: 0, dynamically: 6000, saved: 0 },
    { layer: "conv1", role: "gradient", statically: 2 * 59 * 5, dynamically: 18, saved: 2 * 59 * 4 },
    { layer: "dense", role: "activation", statically: 300, dynamically: 0, saved: 240 },
  ]);
  assert.equal(totalBytes(withCopies), { statically: 1190, dynamically: 6018, saved: 952 });
});

test("only the steps that are looked at count", () => {
  assert.equal(totalBytes(withCopies, [0, 1]), { statically: 10, dynamically: 118, saved: 8 });
});

test("three parts of a bar for each layer and role", () => {
  assert.is(countOf(bytesMoved(withCopies, options), '[aria-label="bar"] rect'), 3 * 4);
});

test("of many layers those that move most have a row, the others one together, and nothing is lost", () => {
  const sites = Array.from({ length: 100 }, (_, i) => `<b>layer${i}</b>/input`);
  const many = madeUp({ sites, steps: 2, row: (site) => ({ bytesMoved: Number(site.match(/\d+/)![0]) }) });
  const chart = bytesMoved(many, options);
  assert.is(countOf(chart, '[aria-label="bar"] rect'), 3 * 40);
  const names = [...chart.querySelectorAll('[aria-label="y-axis tick label"] text')].map(
    (one) => one.textContent,
  );
  assert.is(names.length, 40);
  assert.ok(names.includes("61 other layers"));
  assert.ok(names.includes("<b>layer61</b>") && !names.includes("<b>layer60</b>"));
  assert.is(countOf(chart, "b"), 0);
  assert.is(layerBytes(many).length, 100);
});

test("the axis has round numbers of its unit, of which there are 1024 to the next", () => {
  const chart = bytesMoved(
    madeUp({ steps: 1, row: () => ({ bytesMoved: 1.2 * 2 ** 30, bytesSaved: 0 }) }),
    options,
  );
  const ticks = [...chart.querySelectorAll('[aria-label="x-axis tick label"] text')];
  assert.equal([...new Set(ticks.map((one) => one.textContent))], ["0.0", "0.5", "1.0"]);
  assert.match(chart.querySelector('[aria-label="x-axis label"]')?.textContent ?? "", /GB/);
});

test.run();
