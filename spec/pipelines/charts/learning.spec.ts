/** @file Charts of learning: a mark for each number that a run has, and a mark at the edge for each that is none. */
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { epochChart, epochPanels } from "../../../pipelines/charts/epochs.ts";
import { fitDifferenceMap } from "../../../pipelines/charts/fitDifferenceMap.ts";
import { fitMap } from "../../../pipelines/charts/fitMap.ts";
import { lossChart, rateChart } from "../../../pipelines/charts/learning.ts";
import type { EpochView } from "../../../pipelines/views/runView.ts";
import { type MadeUp, madeUp } from "../../support/runViews.ts";

const test = suite("charts/learning");

const { document } = parseHTML("<html><body></body></html>");
const options = { document, width: 800 };

/** Points of the paths of a mark: each is moved or drawn to once. */
const pointsOf = (chart: Element, mark: string): number =>
  [...chart.querySelectorAll(`[aria-label="${mark}"] path`)]
    .map((path) => path.getAttribute("d")!.match(/[ML]/g)?.length ?? 0)
    .reduce((all, count) => all + count, 0);

const countOf = (chart: Element, selector: string): number => chart.querySelectorAll(selector).length;

const withEpochs = (run: MadeUp, change: (epoch: EpochView) => Partial<EpochView>) => {
  const made = madeUp(run);
  return { ...made, epochs: made.epochs.map((epoch) => ({ ...epoch, ...change(epoch) })) };
};

test("the loss has a point for each step, a bar for each epoch, a dot for each test", () => {
  const run = madeUp({ steps: 60, epochs: 3 });
  for (const axis of ["linear", "log"] as const) {
    const chart = lossChart(run, { ...options, axis });
    assert.is(pointsOf(chart, "line"), 60 + 3);
    assert.is(countOf(chart, '[aria-description="mean training loss of an epoch"] line'), 3);
    assert.is(countOf(chart, '[aria-description="not finite"] path'), 0);
  }
});

test("a short run has a tick for each whole step, and for no other place", () => {
  const run = madeUp({ steps: 3, epochs: 1, sites: ["conv1/input"] });
  const charts = [
    lossChart(run, options),
    rateChart(run, options),
    fitMap(run, options),
    fitDifferenceMap(run, run, options),
  ];
  const ticksOf = (chart: Element): readonly (string | null)[] =>
    [...chart.querySelectorAll('[aria-label="x-axis tick label"] text')].map((text) => text.textContent);
  for (const chart of charts) assert.equal(ticksOf(chart), ["0", "1", "2", "3"]);
  assert.equal(ticksOf(lossChart(run, { ...options, steps: [0.4, 2.2] })), ["1", "2"]);
});

test("a loss that is NaN or infinite has its mark at the upper edge, and the others theirs", () => {
  const lost = [3, 4, 50];
  const run = madeUp({ loss: (step) => (lost.includes(step) ? (step === 4 ? Infinity : Number.NaN) : 1) });
  const chart = lossChart(run, options);
  assert.is(countOf(chart, '[aria-description="not finite"] path'), 3);
  assert.is(pointsOf(chart, "line"), 57 + 3);
  const [mean] = [...chart.querySelectorAll('[aria-label="line"] path')];
  assert.is(mean!.getAttribute("d")!.match(/M/g)!.length, 3, "the line has gaps");
  assert.match(chart.outerHTML, /not finite</);
  assert.not.match(chart.outerHTML, /NaN|Infinity/);
});

test("a run whose losses were never finite, and one of a single step, are drawn", () => {
  const lost = lossChart(madeUp({ epochs: 0, loss: () => Number.NaN }), options);
  assert.is(countOf(lost, '[aria-description="not finite"] path'), 60);
  const one = madeUp({ steps: 1, epochs: 1 });
  assert.is(pointsOf(lossChart(one, options), "line"), 1 + 1);
  assert.is(pointsOf(rateChart(one, options), "line"), 1);
  assert.not.match(lossChart(one, options).outerHTML, /NaN/);
});

test("a zoom draws the steps that it has", () => {
  const chart = lossChart(madeUp(), { ...options, steps: [10, 20] });
  assert.is(pointsOf(chart, "line"), 10 + 3);
});

test("scores are in their unit; without test samples there is one line", () => {
  const run = madeUp({ epochs: 4 });
  const [panel, ...others] = epochPanels(run);
  assert.equal([panel!.title, panel!.unit, others.length], ["accuracy", "%", 0]);
  const drawn = (one: typeof run): number => pointsOf(epochChart(one, epochPanels(one)[0]!, options), "line");
  assert.is(drawn(run), 8);
  assert.is(drawn(withEpochs({ epochs: 4 }, () => ({ testScore: undefined as never }))), 4);
  assert.is(
    drawn(withEpochs({ epochs: 4 }, ({ epoch }) => (epoch === 2 ? { testScore: Number.NaN } : {}))),
    7,
  );
});

test("there is a panel for each metric, constraint, barrier and overflow that a run has, and none for the loss again", () => {
  const titles = (change: Partial<EpochView>): readonly string[] =>
    epochPanels(withEpochs({ epochs: 2 }, () => change)).map(({ title }) => title);
  assert.equal(titles({ metric: "loss" }), []);
  assert.equal(titles({ metrics: [{ name: "<b>top-5</b>", train: 0.5 }] }), ["accuracy", "<b>top-5</b>"]);
  assert.equal(titles({ metric: "AUC", metrics: [{ name: "AUC", test: 0.5 }] }), ["AUC"]);
  const beside = { metric: "mAP@0.5", metrics: [{ name: "mAP", test: 0.25 }] };
  const judged = withEpochs({ epochs: 1 }, () => beside);
  const [, mAP] = epochPanels(judged);
  assert.equal([mAP?.title, mAP?.unit, mAP?.series[0]?.of(judged.epochs[0]!)], ["mAP", "%", 25]);
  const tested = withEpochs({ epochs: 2 }, () => ({ metrics: [{ name: "AUC", test: 0.5 }] }));
  assert.equal(
    epochPanels(tested)[1]?.series.map(({ name }) => name),
    ["test"],
  );
  const constraints = ["output", "conv1"].map((site) => ({ site, slack: -0.1, multiplier: 0.2 }));
  const run = withEpochs({ epochs: 2 }, () => ({ constraints, barrier: 3, overflowShare: 0.01 }));
  assert.equal(
    epochPanels(run).map(({ title, unit }) => `${title} ${unit}`.trim()),
    ["accuracy %", "mean slack of the constraint", "multiplier", "log barrier", "sums that overflowed %"],
  );
  const [, slack] = epochPanels(run);
  assert.is(pointsOf(epochChart(run, slack!, options), "line"), 4);
});

test.run();
