/** @file Two networks over the same weights: the gradients of their Lagrangian, the multiplier, and what is shared. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Constraint } from "../../../core/constraint.ts";
import type { Metric } from "../../../core/signal.ts";
import { tensor } from "../../../core/tensor.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { constrained } from "../../../operators/losses/constrained.ts";
import { layerConstraint } from "../../../operators/losses/constrainedLayer.ts";
import { lagrangian } from "../../../operators/losses/lagrangian.ts";
import { sharedGradients } from "../../../operators/losses/sharedGradients.ts";
import type { Module } from "../../../operators/module/module.ts";
import { isTrained, parameterStore, plainMemory, sharing } from "../../../operators/module/parameters.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { allClose, close, sameBits } from "../../support/close.ts";
import { gradientsAgree } from "../../support/differences.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  inFloat32,
  metricsOf,
  numbers,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  seenOf,
  testScope,
} from "../../support/testScope.ts";

const test = suite("constrained training");

const constraint: Constraint = { bound: 0.1, rate: 0.5, period: 2 };
const twoLayers: Module = sequential(
  quantized(conv2d)("conv", { outChannels: 3, kernel: 2, bias: true }),
  batchNorm("norm"),
  quantized(dense)("dense", { units: 3, gain: 1 }),
);
const shape = [3, 3, 2];
const x = gaussian([4, ...shape], "x");
const target = Int32Array.of(0, 2, 1, 1);
const one = tensor(Float32Array.of(1), [1, 1, 1, 1]);
const in3Bits = (site: string, role: "weight" | "activation" | "gradient") =>
  quantizing(currentMinMax(), { bits: role === "gradient" ? 32 : 3 })(site, role);

test("labels may be a tensor with one for each sample", () => {
  const losses = [target, tensor(Float32Array.from(target), [4, 1, 1, 1])].map((labels) => {
    const scope = testScope({ shape, quantizer: in3Bits });
    const { layer } = built(constrained(twoLayers, { constraint }), scope);
    return [...numbers(outcome(opened(layer)(batch(x, { target: labels }))).x)];
  });
  assert.ok(Number.isFinite(losses[0]![0]));
  assert.equal(losses[0], losses[1]);
});

test("in float32 the gradients of the Lagrangian are its slopes, for parameters that both networks share and those they do not", () =>
  gradientsAgree(
    sequential(constrained(twoLayers, { constraint, smoothing: 0.1 }), sharedGradients()),
    gaussian([4, ...shape], "x"),
    {
      target,
      epsilon: 2 ** -5,
      tolerance: 5e-3,
      // The networks differ in their normalizations, so that the constraint has a slope for both.
      prepare: (parameters) => {
        for (const { path, value } of parameters)
          if (path === "norm/scale") elements(value).set([0.5, -2, 1.5]);
      },
    },
  ));

/** The gradients by path that logits' gradients have in a network alone. */
const gradientsAlone = (quantizer: typeof inFloat32) => {
  const { layer } = built(twoLayers, testScope({ shape, quantizer }));
  const out = outcome(opened(layer)(batch(x, { target })));
  return {
    logits: tensor(numbers(out.x), out.x.shape),
    back: (dy: Float32Array) =>
      new Map(
        gradientsOf(pulledBack(out, tensor(dy, out.x.shape))).map(({ parameter, gradient }) => [
          parameter.path,
          [...elements(gradient)],
        ]),
      ),
  };
};

test("with quantizers, each shared parameter gets what the two networks by themselves would give it", () => {
  const scope = testScope({ shape, quantizer: in3Bits });
  const run = opened(
    built(sequential(constrained(twoLayers, { constraint }), sharedGradients()), scope).layer,
  );
  const signals = run(batch(x, { target }));
  const found = gradientsOf(pulledBack(outcome(signals), one));

  const [low, high] = [gradientsAlone(in3Bits), gradientsAlone(inFloat32)];
  const options = { multiplier: 1, bound: 0.1, smoothing: 0 };
  const wanted = lagrangian({ float: high.logits, quantized: low.logits }, target, options);
  const [ofLow, ofHigh] = [low.back(wanted.gradients.quantized), high.back(wanted.gradients.float)];
  close(numbers(outcome(signals).x)[0]!, wanted.loss, 1e-6);
  const told = metricsOf(signals).map(({ name, value }) => [name, value]);
  assert.equal(told, [
    ["loss", wanted.objective],
    ["accuracy", wanted.accuracy],
  ]);

  assert.is(found.length, scope.parameters.list().filter(isTrained).length);
  for (const { parameter, gradient } of found) {
    const { path, kind } = parameter;
    const isFloats = path.startsWith("float32/");
    const name = path.replace("float32/", "");
    const [a, b] = [ofLow.get(name)!, ofHigh.get(name)!];
    const sum = kind === "normalization" ? (isFloats ? b : a) : a.map((value, i) => value + b[i]!);
    allClose(elements(gradient), sum, 1e-6, path);
  }
  assert.equal(
    seenOf(signals).map(({ site }) => site),
    ["conv/input", "conv/weight", "dense/input", "dense/weight"],
    "only the quantized network has sites",
  );
});

test("the multiplier weighs the slack, and steps once an epoch by the mean slack of its samples", () => {
  const scope = testScope({ shape, quantizer: in3Bits });
  const run = opened(built(constrained(twoLayers, { constraint }), scope).layer);
  const metricsAfter = (step: number, images: number): readonly Metric[] => {
    const some = gaussian([images, ...shape], `x ${step}`);
    return metricsOf(run(batch(some, { step, target: target.slice(0, images) })));
  };
  const value = (path: string): Float32Array =>
    elements(scope.parameters.list().find((parameter) => parameter.path === path)!.value);

  assert.equal(
    metricsAfter(0, 4).map(({ name }) => name),
    ["loss", "accuracy"],
  );
  const [sum, count] = value("output/slack") as unknown as [number, number];
  assert.is(count, 4);
  close(value("output/multiplier")[0]!, 1, 0);
  const ofOutput = metricsAfter(1, 2).filter(({ site }) => site === "output");
  const last = new Map(ofOutput.map(({ name, value }) => [name, value]));
  const slack = last.get("slack")!;
  const ofTwo = (6 * slack - sum) / 2;
  assert.ok(Math.abs(ofTwo - sum / 4) > 0.01, "the two batches differ");
  close(last.get("multiplier")!, 1 + 0.5 * slack, 1e-6);
  close(value("output/multiplier")[0]!, 1 + 0.5 * slack, 1e-6);
  sameBits(value("output/slack"), [0, 0]);
});

test("in evaluation the quantized network runs alone, and nothing is noted", () => {
  const scope = testScope({ shape, quantizer: in3Bits });
  const run = opened(built(constrained(twoLayers, { constraint }), scope).layer);
  run(batch(x, { target }));
  const before = scope.parameters.list().map(({ value }) => [...elements(value)]);
  const metrics = metricsOf(run(batch(x, { target, training: false })));
  assert.equal(
    metrics.map(({ name, training }) => [name, training]),
    [
      ["loss", false],
      ["accuracy", false],
    ],
  );
  assert.equal(
    scope.parameters.list().map(({ value }) => [...elements(value)]),
    before,
  );
});

test("a network without logits is refused", () =>
  assert.equal(
    refusals(
      constrained(conv2d("conv", { outChannels: 3, kernel: 2 }), { constraint }),
      testScope({ shape }),
    ),
    ["loss: logits of 2x2x3, expected 1x1xclasses; end the network with dense()."],
  ));

test("a quantized layer is drawn to where rounding changes little: only its weights, by -2 multiplier / n times the difference", () => {
  const layer = quantized(dense)("dense", { units: 2 });
  const input = gaussian([3, 1, 1, 4], "input");
  const dy = gaussian([3, 1, 1, 2], "dy");
  const trained = (multiplier: number | undefined) => {
    const scope = testScope({
      shape: [1, 1, 4],
      quantizer: in3Bits,
      hooks: multiplier === undefined ? [] : [layerConstraint({ ...constraint, period: 1 })],
    });
    const { layer: both } = built(sequential(layer, sharedGradients()), scope);
    const at = (path: string) => scope.parameters.list().find((parameter) => parameter.path === path)!.value;
    if (multiplier !== undefined) elements(at("dense/multiplier")).set([multiplier]);
    let dx: Float32Array = new Float32Array(0);
    const signals = opened(both)(
      batch(input, {
        pullback: (gradient) => {
          dx = numbers(gradient);
        },
      }),
    );
    const out = outcome(signals);
    const z = numbers(out.x);
    const gradients = new Map(
      gradientsOf(pulledBack(out, dy)).map(({ parameter, gradient }) => [
        parameter.path,
        [...elements(gradient)],
      ]),
    );
    const metrics = metricsOf(signals);
    return { z, w: elements(at("dense/weight")), gradients, dx, metrics };
  };

  const [without, idle, drawn] = [trained(undefined), trained(0), trained(0.75)];
  assert.is(without.metrics.length, 0);
  for (const found of [idle, drawn]) {
    sameBits(found.z, without.z, "z");
    sameBits(found.dx, without.dx, "dx");
    sameBits(found.gradients.get("dense/bias")!, without.gradients.get("dense/bias")!, "bias");
  }
  sameBits(
    idle.gradients.get("dense/weight")!,
    without.gradients.get("dense/weight")!,
    "weights, multiplier 0",
  );

  // The layer in float32 sees the quantized input: three bits over the range of all twelve numbers, widened to hold 0.
  const [lo, hi] = [Math.min(0, ...elements(input)), Math.max(0, ...elements(input))];
  const scale = (hi - lo) / 7;
  const xq = Array.from(elements(input), (value) => scale * Math.round(value / scale));
  const difference = drawn.z.map(
    (z, i) => z - [0, 1, 2, 3].reduce((sum, k) => sum + xq[4 * (i >> 1) + k]! * drawn.w[4 * (i & 1) + k]!, 0),
  );
  const pull = Array.from({ length: 8 }, (_, at) =>
    [0, 1, 2].reduce((sum, n) => sum - 0.25 * difference[2 * n + (at >> 2)]! * xq[4 * n + (at & 3)]!, 0),
  );
  assert.ok(Math.max(...pull.map(Math.abs)) > 0.001, `${pull}`);
  const gained = drawn.gradients
    .get("dense/weight")!
    .map((g, i) => g - without.gradients.get("dense/weight")![i]!);
  allClose(gained, pull, 1e-5, "gradient of the weights");
  const slack = difference.reduce((sum, d) => sum + d * d, 0) / 6 - 0.1;
  const metricAt = (site: string, name: string): number =>
    drawn.metrics.find((metric) => metric.site === site && metric.name === name)!.value;
  close(metricAt("dense", "slack"), slack, 1e-6);
  close(metricAt("dense", "multiplier"), Math.max(0, 0.75 + 0.5 * slack), 1e-6);
});

test("a view of a store shares weights and biases, and makes the rest for itself; nothing is taken twice", () => {
  const store = parameterStore(plainMemory);
  const make = (parameters: typeof store) =>
    (["weight", "bias", "normalization", "statistic"] as const).map((kind) =>
      parameters.create(kind, kind, [1], () => {}),
    );
  const first = make(store);
  const view = sharing(store, "twin");
  assert.is(view.find("weight"), undefined);
  const second = make(view);
  assert.is(view.find("weight"), first[0]);
  assert.is(second[0], first[0]);
  assert.is(second[1], first[1]);
  assert.equal(
    second.slice(2).map(({ path }) => path),
    ["twin/normalization", "twin/statistic"],
  );
  assert.throws(() => make(view), /weight is shared twice/);
});

test.run();
