/** @file Pages stay below 5 MB, whatever a run has recorded. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { key, uniform } from "../../../core/random.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { withCounterfactuals } from "../../../pipelines/report/counterfactuals.ts";
import { bucketsFor } from "../../../pipelines/report/readRunView.ts";
import { reportPage } from "../../../pipelines/report/reportPage.ts";
import { runFold } from "../../../pipelines/views/runFold.ts";
import type { RunView, SiteHistogram } from "../../../pipelines/views/runView.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";

const test = suite("pageSize");

const most = 5e6;
const noise = key(5);

/** Ends of a tensor: float32 numbers that no compression makes shorter. */
const endsOf = (site: number, step: number) => ({
  min: Math.fround(-1 - uniform(noise, 2 * (1000 * step + site))),
  max: Math.fround(1 + uniform(noise, 2 * (1000 * step + site) + 1)),
});

const histogramAt = (step: number): SiteHistogram => ({
  step,
  values: Float32Array.from({ length: 300 }, (_, i) => 2 ** ((i - 150) / 8)),
  counts: Uint32Array.from({ length: 300 }, (_, i) => 1000 * uniform(noise, 300 * step + i)),
});

const viewOf = (
  sites: number,
  steps: number,
  { every, share = 1 }: { readonly every?: number; readonly share?: number },
): RunView => {
  const fold = runFold((sites) => bucketsFor(sites * share));
  const facts = { role: "gradient", estimator: "inHindsight", bits: 8, scheme: "affine" } as const;
  for (let step = 0; step < steps; step++) {
    fold.addStep({ step, loss: uniform(noise, step), learningRate: 0.1 });
    for (let i = 0; i < sites; i++) {
      const { min, max } = endsOf(i, step);
      const { min: lo, max: hi } = endsOf(i, Math.max(0, step - 1));
      const site = fold.site(`layer${i}/gradient`, () => ({ site: `layer${i}/gradient`, ...facts }));
      site.add({
        ...{ step, min, max, lo, hi, observed: true, count: 4096, nonFinite: 0, isStatic: true },
        ...{ clipped: Math.floor(40 * uniform(noise, step + i)), bytesMoved: 20480, bytesSaved: 16384 },
      });
      if (every !== undefined && step % every === 0) site.addHistogram(histogramAt(step));
    }
  }
  return {
    ...{ name: "run", state: "open", facts: [], epochs: [], counterfactuals: [], missing: [] },
    ...fold.view(),
  };
};

test("of 60 sites, with histograms of every fourth step", () => {
  const view = viewOf(60, 816, { every: 4 });
  const size = reportPage([view]).length;
  assert.ok(size < most, `${size} bytes`);
  const counts = new Set(view.sites.map(({ histograms }) => histograms.length));
  assert.equal([...counts], [26], "one of every 32 steps");
});

test("of 500 sites, also with what two estimators would have answered", async () => {
  assert.ok(reportPage([viewOf(500, 256, {})]).length < most);
  const view = viewOf(500, 256, { share: 4 });
  function* rows(): Iterable<RangeSeen> {
    for (let step = 0; step < view.steps; step++)
      for (const [i, { site, role, estimator }] of view.sites.entries())
        yield {
          ...{ _tag: "RangeSeen", site, role, step, estimator, verdict: "observed", isStatic: true },
          ...{ stat: { ...endsOf(i, step), count: 4096, nonFinite: 0 }, range: { lo: -1, hi: 1 } },
          ...{ clipped: 0, bytesMoved: 0, bytesSaved: 0 },
        };
  }
  const estimators = [0.25, 0.75].map((decay) => ({
    name: `inHindsight:decay=${decay}`,
    estimator: inHindsight({ decay }),
  }));
  const size = reportPage([await withCounterfactuals(view, rows, estimators)]).length;
  assert.ok(size < most, `${size} bytes`);
});

/** Letters of a picture of noise, which are as long in a page: its copies are too far apart for compression to see that they are the same. */
const noiseText = Buffer.from(Uint8Array.from({ length: 3 * 2 ** 14 }, (_, i) => 256 * uniform(noise, i)));

/** Runs of a few steps, each with pictures of so many letters. */
const picturing = (runs: number, pictures: number, letters: number): readonly RunView[] => {
  const bytes = noiseText.toString("base64").repeat(letters / 2 ** 16);
  const picture = { height: 128, width: 128, channels: 3, bytes } as const;
  return Array.from({ length: runs }, () => ({
    ...viewOf(1, 8, {}),
    detections: {
      ...{ epoch: 1, step: 8, classes: ["one"] },
      images: Array.from({ length: pictures }, () => ({
        ...{ height: 128, width: 128, truth: [], found: [], picture },
      })),
    },
  }));
};

test("of runs with pictures, which are fewer where there is no room for all", () => {
  const left = (runs: number, pictures: number, letters: number): number => {
    const all = picturing(runs, pictures, letters);
    const page = reportPage(all).length;
    assert.ok(page < most, `${runs} runs, ${pictures} pictures: ${page} bytes`);
    return Math.round((page - reportPage(all.map(({ detections: _, ...run }) => run)).length) / letters);
  };
  assert.is(left(1, 8, 2 ** 16), 8);
  assert.is(left(3, 3, 2 ** 20), 3);
  assert.is(left(1, 3, 3 * 2 ** 20), 1);
  assert.is(left(2, 1, 3 * 2 ** 20), 0);
});

test.run();
