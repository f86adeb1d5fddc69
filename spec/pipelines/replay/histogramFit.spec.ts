import { suite } from "uvu";
import * as assert from "uvu/assert";
import { histogram } from "../../../core/histogram.ts";
import { squaredErrorOf } from "../../../core/quantizationError.ts";
import type { Range } from "../../../core/range.ts";
import type { Sample } from "../../../core/sample.ts";
import type { RangeSeen, Role } from "../../../core/signal.ts";
import type { SiteFacts } from "../../../core/siteFacts.ts";
import { elements } from "../../../core/tensor.ts";
import { type Fit, histogramFit } from "../../../pipelines/replay/histogramFit.ts";
import { dorefaGradients } from "../../../quantizers/dorefa.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { muLaw } from "../../../quantizers/projections/muLaw.ts";
import { perChannel } from "../../../quantizers/projections/perChannel.ts";
import { piecewiseLinear } from "../../../quantizers/projections/piecewiseLinear.ts";
import { powerOfTwo } from "../../../quantizers/projections/powerOfTwo.ts";
import type { Projection } from "../../../quantizers/projections/projection.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import { ptq } from "../../../quantizers/projections/ptq.ts";
import { wageubnE2 } from "../../../quantizers/projections/wageubn.ts";
import { close } from "../../support/close.ts";
import { projectedBy } from "../../support/projecting.ts";
import { affineGrid, gaussian, symmetricGrid } from "../../support/tensors.ts";

const test = suite("histogramFit");

const seen = (sample: Sample | undefined, facts: SiteFacts, role: Role = "gradient"): RangeSeen => ({
  _tag: "RangeSeen",
  site: "conv1/gradient",
  role,
  step: 0,
  estimator: "mine",
  stat: { min: -1, max: 1, count: 8, nonFinite: 0, facts },
  verdict: "observed",
  range: { lo: 0, hi: 0 },
  isStatic: true,
  clipped: 0,
  bytesMoved: 0,
  bytesSaved: 0,
  ...(sample && { histogram: sample }),
});

const fit = (sample: Sample, grid: SiteFacts, range: Range, role?: Role): Fit => {
  const judge = histogramFit(seen(sample, grid, role));
  if (judge === undefined || "unfit" in judge) throw new Error(judge?.unfit ?? "no histogram");
  return judge.fit(range);
};

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

test("a range that holds the tensor clips nothing of its histogram, and one that misses an extreme clips at least that", () => {
  const tensors = [values, values.map(Math.abs), values.map((v) => Math.min(Math.max(4 * v, 0), 6))];
  for (const projection of [undefined, muLaw(), luq()])
    for (const x of tensors) {
      const [min, max] = [Math.min(...x, 0), Math.max(...x)];
      const grid = { bits: 8, scheme: "affine", ...(projection && { projection }) } as const;
      const clipped = (lo: number, hi: number): number =>
        fit(histogram({ values: x }), grid, { lo, hi }).clipped;
      assert.is(clipped(min, max), 0);
      const atMax = x.filter((v) => v === max).length;
      assert.ok(clipped(min, 0.98 * max) >= atMax / x.length - 1e-12);
    }
});

test("images and rectified tensors: the ratio in dB is within 0.3 of the tensor's own, at its own range", () => {
  const image = values.map(
    (v) => (Math.round(Math.min(Math.max(200 * (v - 0.6), 0), 255)) / 255 - 0.1307) / 0.3081,
  );
  const relu6 = values.map((v) => Math.min(Math.max(4 * v, 0), 6));
  for (const x of [image, relu6]) {
    const range = { lo: Math.min(...x), hi: Math.max(...x) };
    const sum = x.reduce((all, v) => all + v * v, 0);
    const exact = 10 * Math.log10(sum / squaredErrorOf({ values: x })(affineGrid(range, 8)));
    close(fit(histogram({ values: x }), { bits: 8, scheme: "affine" }, range).sqnr, exact, 0.3);
  }
});

test("levels that are no grid are known for rounding to nearest alone", () => {
  const row = seen(histogram({ values }), { bits: 4, scheme: "affine", projection: muLaw() });
  assert.equal(histogramFit(row, "stochastic"), {
    unfit: "levels of muLaw:layout=uniform,mu=255 are known for rounding to nearest alone",
  });
});

test("where no histogram was recorded there is nothing to fit", () => {
  assert.is(histogramFit(seen(undefined, { bits: 8, scheme: "affine" })), undefined);
});

const ranged: readonly (readonly [Projection, Role])[] = [
  [muLaw(), "gradient"],
  [muLaw({ mu: 20 }), "activation"],
  [powerOfTwo(), "activation"],
  [luq(), "gradient"],
  [luq({ levels: 3, draws: 2 }), "gradient"],
  [ptq(), "gradient"],
  [wageubnE2(), "gradient"],
  [dorefaGradients(), "gradient"],
];

for (const [projection, role] of ranged)
  test(`${projection.name}: where levels follow the range, ratio and share are those of the projection itself`, () => {
    for (const bits of [4, 8])
      for (const range of [
        { lo: -0.5, hi: 0.5 },
        { lo: -1, hi: 2 },
        { lo: -6, hi: 5 },
      ]) {
        const how = { bits, range, role };
        const { values: made, clipped } = projectedBy(projection, values, how);
        const error = values.reduce((sum, v, i) => sum + (v - made[i]!) ** 2, 0);
        const grid = { bits, scheme: "affine", projection } as const;
        const found = fit(histogram({ values }), grid, range, role);
        close(found.sqnr, 10 * Math.log10(energy / error), 0.2, `${bits} bits, [${range.lo}, ${range.hi}]`);
        close(found.clipped, clipped / values.length, 0.01);
      }
  });

test("a histogram cannot tell what follows the tensor or each channel, nor what it does not know", () => {
  const whyNot = (projection: NonNullable<SiteFacts["projection"]>): string => {
    const judge = histogramFit(seen(histogram({ values }), { bits: 4, scheme: "affine", projection }));
    return judge !== undefined && "unfit" in judge ? judge.unfit : "";
  };
  assert.is(whyNot(psq()), "levels of psq follow the tensor itself");
  assert.is(
    whyNot(piecewiseLinear()),
    "levels of piecewiseLinear:rule=gaussian,inner=paper follow the tensor itself",
  );
  assert.is(whyNot(perChannel()), "levels of perChannel follow each channel");
  assert.is(whyNot({ name: "signs", follows: "range" }), "signs is no built-in quantizer");
});

test("elements of one sign, and zeros alone, are judged as well", () => {
  const grid = { bits: 4, scheme: "affine", projection: muLaw() } as const;
  const positive = fit(histogram({ values: values.map(Math.abs) }), grid, { lo: 0, hi: 1 });
  close(positive.clipped, values.filter((v) => Math.abs(v) > 1).length / values.length, 0.01);
  const negative = fit(histogram({ values: values.map((v) => -Math.abs(v)) }), grid, { lo: -1, hi: 0 });
  close(negative.sqnr, positive.sqnr, 1e-9);
  assert.is(negative.clipped, positive.clipped);
  assert.is(fit(histogram({ values: Float32Array.of(0, 0) }), grid, { lo: -1, hi: 0 }).clipped, 0);
});

test.run();
