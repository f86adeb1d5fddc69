/** @file The check of gradients: it finds nothing in the layers and losses of this package, and every kind of mistake in others. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { ofTensor, staged } from "../../../core/expr.ts";
import { elements, tensor } from "../../../core/tensor.ts";
import { activation } from "../../../operators/layers/activation.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { concat } from "../../../operators/layers/concat.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { pixelShuffle } from "../../../operators/layers/pixelShuffle.ts";
import { averagePool, globalAveragePool, maxPool } from "../../../operators/layers/pool.ts";
import { relu, relu6 } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { subsample } from "../../../operators/layers/subsample.ts";
import { absoluteError } from "../../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { loss } from "../../../operators/losses/loss.ts";
import { constant } from "../../../operators/module/initialize.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { layer } from "../../../operators/step/op.ts";
import { type CheckGradientsOptions, checkGradients } from "../../../operators/training/checkGradients.ts";

const test = suite("checkGradients");

const check = (module: Module, options: Partial<CheckGradientsOptions> = {}) =>
  checkGradients(module, { engine: reference(), shape: [2, 2, 4], ...options });

const image = { shape: [4, 4, 2] } as const;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const target = tensor(
  Float32Array.from({ length: 48 }, (_, i) => Math.sin(i)),
  [3, 2, 2, 4],
);

const good: Readonly<Record<string, readonly [Module, Partial<CheckGradientsOptions>?]>> = {
  relu: [relu()],
  relu6: [relu6()],
  activation: [
    activation(
      "silu",
      (x) => x * sigmoid(x),
      (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
    ),
  ],
  conv2d: [conv2d("c", { outChannels: 3, kernel: 3, padding: 1, bias: true }), image],
  dense: [dense("d", { units: 3 })],
  batchNorm: [batchNorm("n")],
  concat: [concat(relu(), scaled(2))],
  flatten: [flatten()],
  pixelShuffle: [pixelShuffle(2)],
  maxPool: [maxPool({ size: 2 }), image],
  averagePool: [averagePool({ size: 2 }), image],
  globalAveragePool: [globalAveragePool(), image],
  residual: [residual(relu())],
  scaled: [scaled(0.5)],
  subsample: [subsample({ stride: 2, channels: 4 }), image],
  "crossEntropy with smoothing": [
    crossEntropy({ smoothing: 0.1 }),
    { shape: [1, 1, 4], target: Int32Array.of(0, 3, 1) },
  ],
  absoluteError: [absoluteError(), { target }],
  loss: [
    loss(
      "squared",
      (y, t) => (y - t) ** 2,
      (y, t) => 2 * (y - t),
    ),
    { target },
  ],
  "a network with its loss": [
    sequential(
      conv2d("c", { outChannels: 2, kernel: 3 }),
      flatten(),
      dense("d", { units: 3 }),
      crossEntropy(),
    ),
    image,
  ],
};

for (const [name, [module, options]] of Object.entries(good))
  test(`${name}: the backward pass agrees with the slopes`, () => {
    const checked = check(module, options);
    assert.is(checked[0]?.of, "x");
    for (const { of, error } of checked) assert.ok(error <= 2e-3, `${of}: ${error}`);
  });

/** y = factor x, with mistakes in its backward pass. */
const gain = (times: number, given: number): Module =>
  layer("gain", ({ parameter }) => {
    const factor = parameter("factor", "normalization", [1], constant(2));
    const by = (scale: number) => staged({ _tag: "Affine", scale: Float32Array.of(scale) });
    return {
      options: {},
      forward: (x) => ({ y: by(elements(factor.value)[0] as number)(x), save: undefined }),
      backward: (dy, _, ctx) => ({
        dx: by(times)(dy),
        gradients: new Map([[factor, ofTensor(ctx.upload(Float32Array.of(given), [1]))]]),
      }),
    };
  });

const wrong: Readonly<Record<string, readonly [Module, Partial<CheckGradientsOptions>, RegExp]>> = {
  "a derivative of another function": [
    activation(
      "squared",
      (x) => x * x,
      () => 5,
    ),
    {},
    /^checkGradients, gradient of x: \S+ at element \d+ of 3x2x2x4, expected about \S+, as finite differences are; off by \S+ of the largest slope, where 0\.002 is allowed\.$/,
  ],
  "a loss of the wrong sign": [
    loss(
      "squared",
      (y, t) => (y - t) ** 2,
      (y, t) => 2 * (t - y),
    ),
    { target },
    /gradient of x: .*off by 2\.0 of the largest slope/,
  ],
  "a factor that is off by a hundredth": [
    activation(
      "tripled",
      (x) => 3 * x,
      () => 3.03,
    ),
    {},
    /off by 0\.010 of the largest slope/,
  ],
};

for (const [name, [module, options, sentence]] of Object.entries(wrong))
  test(`${name} is found, with its place and its size`, () => {
    assert.throws(() => check(module, options), sentence);
  });

test("a wrong gradient of a parameter is told by its path, beside that of the input", () => {
  assert.throws(
    () => check(gain(3, 0), { shape: [1, 1, 1] }),
    /^checkGradients, gradient of x: .*\ncheckGradients, gradient of gain\/factor: 0 at element 0 of 1, expected about/,
  );
});

test("a module that cannot be built, and misspelt options, are refused in their own words", () => {
  assert.throws(() => check(conv2d("c", { outChannels: 2, kernel: 9 })), /^c: /);
  assert.throws(
    () => check(relu(), { sampels: 3 } as never),
    /^checkGradients: .* sampels, expected samples/,
  );
});

test.run();
