/** @file Bytes that sites count, held against the formula of the paper and against each other. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { simd } from "../../core/engines/simd/engine.ts";
import { ofProduct } from "../../core/expr.ts";
import { key } from "../../core/random.ts";
import { type ConvShape, outputShape, weightShape } from "../../core/shape.ts";
import type { RangeSeen } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import { models } from "../../models/models.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import type { Hook } from "../../operators/module/hooks.ts";
import type { Scope } from "../../operators/module/module.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { openSite } from "../../operators/sites/rangeSite.ts";
import { drive } from "../../operators/step/task.ts";
import { histogramsAt } from "../../operators/taps/histograms.ts";
import { sqnrAt } from "../../operators/taps/sqnr.ts";
import { constantRate } from "../../operators/training/schedule.ts";
import { sgd } from "../../operators/training/sgd.ts";
import { trafficOf } from "../../pipelines/runs/traffic.ts";
import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { measures, type RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { muLaw } from "../../quantizers/projections/muLaw.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import { integers } from "../support/everyProduct.ts";
import { gaussian } from "../support/tensors.ts";
import { testContext } from "../support/testContext.ts";
import { batch, built, opened, quantizing, seenOf, testScope } from "../support/testScope.ts";

const test = suite("bytes moved");

const engines: readonly Engine[] = [reference(), simd({ bytes: 2 ** 25 })];

/** The shapes of docs/methods.md section 1 with a seventh of their sides, which the formula takes just as well. */
const layers = [
  { inChannels: 64, outChannels: 64, groups: 1, kernel: 3, side: 8 },
  { inChannels: 96, outChannels: 96, groups: 96, kernel: 3, side: 16 },
  { inChannels: 16, outChannels: 96, groups: 1, kernel: 1, side: 16 },
  { inChannels: 960, outChannels: 160, groups: 1, kernel: 1, side: 1 },
] as const;

/** So wide that nothing is clipped. */
const wide = fixed({ lo: -1e6, hi: 1e6 });

for (const engine of engines)
  for (const { inChannels, outChannels, groups, kernel, side } of layers)
    test(`${engine.name}, ${inChannels} to ${outChannels} channels in ${groups} groups, kernel ${kernel}: the sums of a convolution, quantized`, () => {
      const window = { kernelHeight: kernel, kernelWidth: kernel, stride: 1, padding: kernel >> 1 };
      const conv: ConvShape = { ...window, inChannels, outChannels, groups };
      const image: Shape = [1, side, side, inChannels];
      const shape = outputShape(image, conv, outChannels);
      const sums = ofProduct({
        _tag: "Forward",
        conv,
        shape,
        x: integers(key(1), image, 8),
        w: integers(key(2), weightShape(conv), 8),
      });
      const expected = trafficOf("layer", conv, image.slice(1), shape.slice(1));
      const movedWith = (estimator: Parameters<typeof quantizing>[0]): RangeSeen => {
        engine.beginStep();
        const site = openSite(testScope({ engine, quantizer: quantizing(estimator) }), "y", "gradient");
        const context = testContext(engine);
        drive(site.quantize(sums, context));
        return seenOf(context.signals)[0] as RangeSeen;
      };
      const statically = movedWith(wide);
      assert.is(statically.isStatic, true);
      assert.is(statically.bytesMoved, expected.staticBytes);
      assert.is(statically.bytesMoved + statically.bytesSaved, expected.dynamicBytes);
      const dynamically = movedWith(currentMinMax());
      assert.is(dynamically.isStatic, false);
      assert.is(dynamically.bytesMoved, expected.dynamicBytes);
      assert.is(dynamically.bytesSaved, 0);
    });

/** Signals of the sites in a first step, with an estimator for activations and gradients. */
const seenIn = (
  model: keyof typeof models,
  shape: Shape,
  estimator: RangeEstimator,
  projection?: Projection,
  { engine = simd({ bytes: 2 ** 28 }), hooks = [] }: Partial<Pick<Scope, "engine" | "hooks">> = {},
): ReadonlyMap<string, RangeSeen> => {
  const network = sequential(
    models[model]({ classes: 10 }),
    crossEntropy(),
    sgd({ rate: constantRate(0.01) }),
  );
  const named = { name: "mine", estimator };
  const usual = defaultQuantizer({ estimators: { activation: named, gradient: named } });
  const quantizer: typeof usual = (site, role) =>
    projection ? { ...usual(site, role), projection } : usual(site, role);
  const { layer } = built(network, testScope({ engine, shape, quantizer, hooks }));
  const signals = opened(layer)(batch(gaussian([2, ...shape], "images")));
  return new Map(seenOf(signals).map((seen) => [seen.site, seen]));
};

for (const [model, shape] of [
  ["lenet5", [28, 28, 1]],
  ["resnet20", [32, 32, 3]],
  ["mobileNetV2", [32, 32, 3]],
] as const)
  test(`${model}: what a static site moves and spares is what it moves as a dynamic one`, () => {
    const statically = seenIn(model, shape, wide);
    const dynamically = seenIn(model, shape, currentMinMax());
    assert.equal([...statically.keys()], [...dynamically.keys()]);
    for (const [site, { bytesMoved, bytesSaved, role, isStatic }] of statically) {
      assert.is(isStatic, role !== "weight", site);
      assert.is(bytesSaved > 0, isStatic, site);
      assert.is(bytesMoved + bytesSaved, dynamically.get(site)?.bytesMoved, site);
    }
  });

for (const [model, shape] of [
  ["lenet5", [28, 28, 1]],
  ["resnet20", [8, 8, 3]],
] as const)
  test(`${model}: an estimator that measures every tensor has it in memory, and spares only reading it back`, () => {
    const statically = seenIn(model, shape, measures("all", wide));
    const dynamically = seenIn(model, shape, measures("all", currentMinMax()));
    const unmeasured = seenIn(model, shape, wide);
    for (const [site, { bytesMoved, bytesSaved, role, stat }] of statically) {
      if (role === "weight") continue;
      assert.is(bytesSaved, 4 * stat.count, site);
      assert.is(bytesMoved + bytesSaved, dynamically.get(site)?.bytesMoved, site);
      assert.ok(bytesMoved >= unmeasured.get(site)!.bytesMoved, site);
    }
  });

test("resnet20: the reference and simd count the same bytes, also where one of them has to store something on its way", () => {
  const count = (engine: Engine, estimator: RangeEstimator) =>
    [...seenIn("resnet20", [8, 8, 3], estimator, undefined, { engine }).values()].map(
      ({ site, bytesMoved, bytesSaved }) => `${site} ${bytesMoved} ${bytesSaved}`,
    );
  for (const estimator of [wide, currentMinMax()])
    assert.equal(count(simd({ bytes: 2 ** 28 }), estimator), count(reference(), estimator));
});

const always = (): boolean => true;

for (const [name, estimator, projection] of [
  ["static", wide],
  ["dynamic", currentMinMax()],
  ["static and measuring", measures("all", wide)],
  ["dynamic and measuring", measures("waiting", currentMinMax())],
  ["static and projecting", wide, muLaw()],
  ["dynamic and projecting", currentMinMax(), muLaw()],
] as const)
  test(`${name} sites count the same bytes where ratios or histograms are taken`, () => {
    const count = (...hooks: readonly Hook[]) =>
      [...seenIn("resnet20", [8, 8, 3], estimator, projection, { hooks }).values()].map(
        ({ site, bytesMoved, bytesSaved }) => `${site} ${bytesMoved} ${bytesSaved}`,
      );
    const plain = count();
    assert.equal(count(histogramsAt(always)), plain, "histograms");
    assert.equal(count(sqnrAt(always)), plain, "ratios");
    assert.equal(count(sqnrAt(always), histogramsAt(always)), plain, "both");
  });

test("a projection needs its tensor in memory: a static site spares nothing, and a dynamic one moves no more", () => {
  const statically = seenIn("lenet5", [28, 28, 1], wide, muLaw());
  const dynamically = seenIn("lenet5", [28, 28, 1], currentMinMax(), muLaw());
  for (const [site, { bytesMoved, bytesSaved, role, isStatic }] of statically) {
    assert.is(isStatic, role !== "weight", site);
    assert.is(bytesSaved, 0, site);
    assert.is(bytesMoved, dynamically.get(site)?.bytesMoved, site);
  }
});

test.run();
