/** @file The fit map: a cell for each site and group of steps, in the order that was asked for, however many sites there are. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fitCells, fitColour, fitMap } from "../../../pipelines/charts/fitMap.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("charts/fitMap");

const { document } = parseHTML("<html><body></body></html>");
const options = { document, width: 800 };

const countOf = (chart: Element, selector: string): number => chart.querySelectorAll(selector).length;
const namesIn = (chart: Element): readonly string[] =>
  [...chart.querySelectorAll('[aria-label="y-axis tick label"] text')].map((text) => text.textContent ?? "");

const sitesOf = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, i) => `layer${Math.floor(i / 3)}/${["input", "weight", "gradient"][i % 3]}`,
  );

test("a cell has the mean of log2 of the spans, and the share that was clipped", () => {
  // Ranges [-1, 1] over tensors of [-1/4, 1/4] and of [-1, 1] in turn: log2 4 = 2 and 0.
  const run = madeUp({
    steps: 320,
    sites: ["conv1/input"],
    row: (_, step) => (step % 2 === 0 ? { min: -0.25, max: 0.25 } : { clipped: 100 }),
  });
  const cells = fitCells(run);
  assert.equal([run.width, cells.length], [2, 160]);
  for (const { fit, clipped, clippedWorst } of cells)
    assert.equal([fit, clipped, clippedWorst], [1, 0.05, 0.1]);
  assert.is(countOf(fitMap(run, options), '[aria-label="rect"] rect'), 160);
});

test("of one site and one step there is one cell; of 500 sites all have their cells", () => {
  const one = madeUp({ steps: 1, epochs: 1, sites: ["conv1/input"] });
  assert.is(countOf(fitMap(one, options), '[aria-label="rect"] rect'), 1);
  const many = madeUp({ sites: sitesOf(500), steps: 40 });
  assert.is(new Set(fitCells(many).map(({ site }) => site)).size, 500);
  assert.is(countOf(fitMap(many, options), '[aria-label="rect"] rect'), fitCells(many).length);
});

test("rows stand as the network has them, or by role under their titles", () => {
  const run = madeUp({ sites: sitesOf(6) });
  assert.equal(namesIn(fitMap(run, options)), sitesOf(6));
  assert.equal(
    namesIn(fitMap(run, { ...options, order: "role" }))
      .slice()
      .sort(),
    [...["activations", "gradients"], ...[...sitesOf(6)].sort(), "weights"],
  );
  const places = (order: "network" | "role"): readonly string[] => [
    ...new Set(
      [...fitMap(run, { ...options, order }).querySelectorAll('[aria-label="rect"] rect')].map(
        (rect) => rect.getAttribute("y")!,
      ),
    ),
  ];
  assert.is(places("role").length, 6);
  assert.ok(Number(places("role")[0]) > Number(places("role")[1]), "inputs stand below weights");
});

test("markup in a name is text", () => {
  const chart = fitMap(madeUp({ sites: ["<img src=x>/input"] }), options);
  assert.is(countOf(chart, "img"), 0);
  assert.equal(namesIn(chart), ["<img src=x>/input"]);
});

test("colours go from narrow over right to wide, and no further than four times; without a tensor there is none of them", () => {
  assert.match(fitColour(-1), /--rf-narrow.*50%/);
  assert.match(fitColour(0), / 0%/);
  assert.is(fitColour(2), fitColour(5));
  assert.match(fitColour(Number.NaN), /--rf-unknown/);
});

test.run();
