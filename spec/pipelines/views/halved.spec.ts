import { deepStrictEqual } from "node:assert";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { halved } from "../../../pipelines/views/halved.ts";
import { runFold } from "../../../pipelines/views/runFold.ts";
import { madeUp } from "../../support/runViews.ts";

const test = suite("views/halved");

/** Sums, extremes, gaps and numbers that are not finite, of 37 steps, so that the last bucket is half full. */
const rowsOf = (step: number) => ({
  min: -step,
  max: step % 5 === 0 ? Number.POSITIVE_INFINITY : step,
  observed: step % 7 !== 3,
  hi: step % 11,
  clipped: step,
});
const lossOf = (step: number): number => (step % 6 === 2 ? Number.NaN : step);

test("a halved view is the one that was folded into half as many buckets", () => {
  const fine = madeUp({ steps: 37, row: (_, step) => rowsOf(step), loss: lossOf });
  const coarse = runFold(() => 20);
  for (let step = 0; step < 37; step++) {
    coarse.addStep({ step, loss: lossOf(step), learningRate: 0.1 });
    for (const site of fine.sites)
      coarse
        .site(site.site, () => site)
        .add({
          ...{ step, lo: -1, count: 1000, nonFinite: 0, bytesMoved: 5000, bytesSaved: 4000, isStatic: true },
          ...rowsOf(step),
        });
  }
  const [found, expected] = [halved(fine), coarse.view()];
  assert.equal([found.width, found.steps], [expected.width, expected.steps]);
  deepStrictEqual(found.learning, expected.learning);
  deepStrictEqual(
    found.sites.map(({ columns }) => columns),
    expected.sites.map(({ columns }) => columns),
  );
});

test("each bucket keeps one histogram, the first", () => {
  const histogram = (step: number) => ({ step, values: Float32Array.of(step), counts: Uint32Array.of(1) });
  const run = madeUp({ steps: 8, sites: ["a/input"] });
  const [site] = run.sites;
  const histograms = [0, 1, 3, 4, 5].map(histogram);
  assert.equal(
    halved({ ...run, sites: [{ ...site!, histograms }] }).sites[0]!.histograms.map(({ step }) => step),
    [0, 3, 4],
  );
});

test.run();
