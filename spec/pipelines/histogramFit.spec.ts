import { suite } from "uvu";
import * as assert from "uvu/assert";
import { remembering } from "../../core/measure.ts";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import type { Range } from "../../core/range.ts";
import { histogram, type Sample } from "../../core/sample.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { type SiteGrid, told } from "../../core/siteGrid.ts";
import { elements } from "../../core/tensor.ts";
import { type Fit, histogramFit } from "../../pipelines/histogramFit.ts";
import { close } from "../support/close.ts";
import { affineGrid, gaussian, symmetricGrid } from "../support/tensors.ts";

const test = suite("histogramFit");

const seen = (sample: Sample | undefined, grid: SiteGrid): RangeSeen => ({
  _tag: "RangeSeen",
  site: "conv1/gradient",
  role: "gradient",
  step: 0,
  estimator: "mine",
  stat: { min: -1, max: 1, count: 8, nonFinite: 0, measure: remembering(told(grid), sample) },
  verdict: "observed",
  range: { lo: 0, hi: 0 },
  isStatic: true,
  clipped: 0,
  moved: 0,
  spared: 0,
  ...(sample && { histogram: sample }),
});

const fit = (sample: Sample, grid: SiteGrid, range: Range): Fit => histogramFit(seen(sample, grid))!(range);

const values = elements(gaussian([4, 16, 16, 8], "x"));
const energy = values.reduce((sum, x) => sum + x * x, 0);

test("the ratio in dB is within 0.2 of the tensor's own, on the grid that the site had", () => {
  for (const bits of [2, 4, 8])
    for (const bound of [0.5, 2, 5]) {
      const range = { lo: -bound, hi: bound };
      for (const [scheme, gridOf] of [
        ["affine", affineGrid],
        ["symmetric", symmetricGrid],
      ] as const) {
        const expected = 10 * Math.log10(energy / squaredErrorOf({ values })(gridOf(range, bits)));
        close(
          fit(histogram({ values }), { bits, scheme }, range).sqnr,
          expected,
          0.2,
          `${bits} bits, ${bound}`,
        );
      }
    }
});

test("the share of clipped elements is that beyond the range, which holds 0", () => {
  const sample = histogram({ values });
  const beyond = (lo: number, hi: number): number =>
    values.filter((x) => x < lo || x > hi).length / values.length;
  const grid = { bits: 8, scheme: "affine" } as const;
  close(fit(sample, grid, { lo: -1, hi: 2 }).clipped, beyond(-1, 2), 0.005);
  close(fit(sample, grid, { lo: 1, hi: 2 }).clipped, beyond(0, 2), 0.005);
  assert.is(fit(sample, grid, { lo: -10, hi: 10 }).clipped, 0);
  assert.is(fit(histogram({ values: Float32Array.of(0, 0, 3) }), grid, { lo: 0, hi: 1 }).clipped, 1 / 3);
});

test("where no histogram was recorded there is nothing to fit", () => {
  assert.is(histogramFit(seen(undefined, { bits: 8, scheme: "affine" })), undefined);
});

test.run();
