/**
 * @file Each pullback against finite differences, in training mode and with everything in float32.
 *
 * Central differences with steps of 1/64 are exact for layers that are linear in what is varied, up to the rounding of the
 * forward pass (about 1e-5 of a gradient of 1). Where there is curvature their error is about 1e-4 of the third derivative.
 * Points are kept away from the kinks of rectifiers and maxima. Tolerances are relative to the largest gradient of a tensor.
 */
import { suite } from "uvu";
import { key, permutation } from "../../core/random.ts";
import type { HostTensor, Shape } from "../../core/tensor.ts";
import { activation } from "../../operators/layers/activation.ts";
import { batchNorm } from "../../operators/layers/batchNorm.ts";
import { concat } from "../../operators/layers/concat.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { flatten } from "../../operators/layers/flatten.ts";
import { pixelShuffle } from "../../operators/layers/pixelShuffle.ts";
import { averagePool, globalAveragePool, maxPool } from "../../operators/layers/pool.ts";
import { relu, relu6 } from "../../operators/layers/relu.ts";
import { residual } from "../../operators/layers/residual.ts";
import { scaled } from "../../operators/layers/scaled.ts";
import { subsample } from "../../operators/layers/subsample.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import { loss } from "../../operators/losses/loss.ts";
import { identity } from "../../operators/module/identity.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { gradientsAgree } from "../support/differences.ts";
import { elements } from "../support/elements.ts";
import { filled, gaussian } from "../support/tensors.ts";

const test = suite("gradients are the slopes of the forward pass");

/** All elements differ by at least 1/8, and none is nearer than that to 0 or 6. */
const spread = (shape: Shape): HostTensor => {
  const count = shape.reduce((a, b) => a * b, 1);
  const order = permutation(key(5), count);
  return filled(shape, (i) => ((order[i] as number) - Math.floor(count / 3)) / 8 + 1 / 16);
};

/** Normal numbers pushed away from 0. */
const awayFromZero = (shape: Shape, name: string): HostTensor => {
  const x = gaussian(shape, name);
  return filled(shape, (i) => (elements(x)[i] as number) + Math.sign(elements(x)[i] as number) / 8);
};

for (const [name, options] of [
  ["3x3 padded", { outChannels: 3, kernel: 3, padding: 1 }],
  ["3x2 of stride 2, with a bias", { outChannels: 3, kernel: [3, 2], stride: 2, bias: true }],
  ["in 2 groups", { outChannels: 4, kernel: 3, padding: 1, groups: 2 }],
  [
    "depthwise of stride 2, with a bias",
    { outChannels: 4, kernel: 3, padding: 1, stride: 2, groups: 4, bias: true },
  ],
  ["1x1 of stride 3", { outChannels: 2, kernel: 1, stride: 3 }],
] as const)
  test(`conv2d, ${name}`, () => gradientsAgree(conv2d("conv", options), gaussian([2, 5, 4, 4], "x")));

test("dense, with and without bias", () => {
  gradientsAgree(dense("dense", { units: 3 }), gaussian([3, 2, 2, 3], "x"));
  gradientsAgree(dense("dense", { units: 3, bias: false }), gaussian([3, 1, 1, 5], "x"));
});

test("batchNorm, through its batch statistics", () => {
  gradientsAgree(batchNorm("norm"), gaussian([3, 2, 3, 2], "x", 2), { epsilon: 2 ** -5 });
});

test("batchNorm, with scale and shift of its own, on data far from 0", () => {
  gradientsAgree(
    batchNorm("norm", { epsilon: 0.1 }),
    filled([4, 2, 2, 3], (i) => 5 + ((i * 7) % 11) / 3),
    {
      epsilon: 2 ** -4,
      tolerance: 5e-3,
      prepare: (parameters) => {
        for (const { path, value } of parameters)
          if (path.endsWith("scale") || path.endsWith("shift")) elements(value).set([0.5, -2, 1.5]);
      },
    },
  );
});

test("relu and relu6", () => {
  gradientsAgree(relu(), spread([2, 4, 4, 2]));
  gradientsAgree(relu6(), spread([2, 4, 4, 3]));
});

test("maxPool, over windows apart, overlapping, and padded", () => {
  gradientsAgree(maxPool({ size: 2 }), spread([2, 4, 4, 2]));
  gradientsAgree(maxPool({ size: 3, stride: 1 }), spread([1, 4, 5, 2]));
  gradientsAgree(maxPool({ size: 3, stride: 2, padding: 1 }), spread([1, 5, 5, 2]));
});

test("averagePool, over windows apart, overlapping, and padded; globalAveragePool", () => {
  gradientsAgree(averagePool({ size: 2 }), gaussian([2, 4, 4, 2], "x"));
  gradientsAgree(averagePool({ size: 3, stride: 1 }), gaussian([1, 4, 5, 2], "x"));
  gradientsAgree(averagePool({ size: 3, stride: 2, padding: 1 }), gaussian([1, 5, 5, 2], "x"));
  gradientsAgree(globalAveragePool(), gaussian([2, 3, 4, 3], "x"));
});

test("flatten and identity", () => {
  gradientsAgree(flatten(), gaussian([2, 2, 3, 2], "x"));
  gradientsAgree(identity(), gaussian([2, 2, 3, 2], "x"));
});

test("subsample", () => {
  gradientsAgree(subsample({ stride: 2, channels: 5 }), gaussian([2, 5, 4, 2], "x"));
});

test("scaled and pixelShuffle", () => {
  gradientsAgree(scaled(0.375), gaussian([2, 3, 4, 2], "x"));
  gradientsAgree(pixelShuffle(2), gaussian([2, 3, 2, 8], "x"));
  gradientsAgree(pixelShuffle(3), gaussian([1, 2, 1, 9], "x"));
});

test("residual, with an identity, a subsampling and a convolution for a shortcut", () => {
  const branch = conv2d("branch", { outChannels: 2, kernel: 3, padding: 1 });
  gradientsAgree(residual(branch), gaussian([2, 3, 4, 2], "x"));
  const halving = conv2d("branch", { outChannels: 4, kernel: 3, padding: 1, stride: 2 });
  gradientsAgree(residual(halving, subsample({ stride: 2, channels: 4 })), gaussian([2, 5, 4, 2], "x"));
  const shortcut = conv2d("shortcut", { outChannels: 4, kernel: 1, stride: 2 });
  gradientsAgree(residual(halving, shortcut), gaussian([2, 5, 4, 2], "x"));
});

test("residual inside residual", () => {
  const conv = (name: string) => conv2d(name, { outChannels: 2, kernel: 3, padding: 1 });
  gradientsAgree(residual(sequential(residual(conv("inner")), conv("outer"))), gaussian([1, 3, 3, 2], "x"));
});

test("concat of convolutions and of what comes in, and a concat inside a residual block", () => {
  const conv = (name: string, outChannels: number) => conv2d(name, { outChannels, kernel: 3, padding: 1 });
  const x = gaussian([2, 3, 4, 2], "x");
  gradientsAgree(concat(conv("a", 3), identity(), conv("b", 1)), x);
  gradientsAgree(residual(sequential(concat(conv("a", 3), identity()), conv("b", 2))), x);
  gradientsAgree(concat(identity(), identity()), x);
});

test("an activation of one's own", () => {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const derivative = (x: number): number => sigmoid(x) * (1 + x * (1 - sigmoid(x)));
  gradientsAgree(
    activation("silu", (x) => x * sigmoid(x), derivative),
    gaussian([2, 3, 4, 2], "x"),
  );
});

const labels = Int32Array.of(1, 0, 3);

test("crossEntropy, plain and smoothed", () => {
  for (const smoothing of [0, 0.1])
    gradientsAgree(crossEntropy({ smoothing }), gaussian([3, 1, 1, 4], "logits", 2), { target: labels });
});

test("a loss of one's own", () => {
  const x = gaussian([3, 2, 4, 2], "x", 2);
  const target = gaussian([3, 2, 4, 2], "target");
  const huber = loss(
    "huber",
    (y, t) => (Math.abs(y - t) < 1 ? (y - t) ** 2 / 2 : Math.abs(y - t) - 0.5),
    (y, t) => Math.max(-1, Math.min(y - t, 1)),
  );
  gradientsAgree(huber, x, { target });
});

test("absoluteError, away from where it is 0", () => {
  const target = awayFromZero([3, 2, 4, 2], "target");
  const x = filled(target.shape, (i) => (elements(target)[i] as number) + (i % 3 === 0 ? 0.25 : -0.5));
  gradientsAgree(absoluteError(), x, { target });
});

test("an upscaling network: convolution, scaled residual, pixel shuffle, convolution, absolute error", () => {
  const conv = (name: string, outChannels: number) =>
    conv2d(name, { outChannels, kernel: 3, padding: 1, bias: true });
  const network = sequential(
    conv("conv1", 4),
    residual(sequential(conv("conv2", 4), conv("conv3", 4), scaled(0.5))),
    pixelShuffle(2),
    conv("conv4", 2),
    absoluteError(),
  );
  // So far away that no sign changes, and all of it is linear.
  const target = filled([2, 6, 6, 2], (i) => (i % 2 === 0 ? 32 : -32));
  gradientsAgree(network, gaussian([2, 3, 3, 2], "x"), { target, epsilon: 0.5, tolerance: 5e-3 });
});

test("a whole block: convolution, normalization, rectifier, pool, dense, loss", () => {
  const network = sequential(
    conv2d("conv", { outChannels: 3, kernel: 3, padding: 1 }),
    batchNorm("norm", { epsilon: 0.01 }),
    residual(sequential(relu(), conv2d("inner", { outChannels: 3, kernel: 1 }))),
    averagePool({ size: 2 }),
    flatten(),
    dense("dense", { units: 4 }),
    crossEntropy(),
  );
  gradientsAgree(network, awayFromZero([3, 4, 4, 2], "x"), {
    target: labels,
    epsilon: 2 ** -8,
    tolerance: 2e-2,
  });
});

test.run();
