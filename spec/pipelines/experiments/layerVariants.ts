/** @file Layers that differ in one option each. */
import { activation } from "../../../operators/layers/activation.ts";
import { type BatchNormOptions, batchNorm } from "../../../operators/layers/batchNorm.ts";
import { type Conv2dOptions, conv2d } from "../../../operators/layers/conv2d.ts";
import { type DenseOptions, dense } from "../../../operators/layers/dense.ts";
import type { GroupNormOptions } from "../../../operators/layers/groupNorm.ts";
import * as layers from "../../../operators/layers/index.ts";
import type { LayerNormOptions } from "../../../operators/layers/layerNorm.ts";
import type { MultiheadAttentionOptions } from "../../../operators/layers/multiheadAttention.ts";
import { averagePool, maxPool, type PoolOptions } from "../../../operators/layers/pool.ts";
import { clip, relu, relu6 } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";

/** A layer without options, and layers that differ from it in one option each; the type asks for other values of every option. */
const varied = <O extends object>(
  make: (options: O) => Module,
  base: O,
  others: { readonly [K in keyof Required<O>]: readonly Required<O>[K][] },
): readonly Module[] => [
  make(base),
  ...Object.entries<readonly unknown[]>(others).flatMap(([name, values]) =>
    values.map((value) => make({ ...base, [name]: value })),
  ),
];

const pool = { size: 2 };
const pools = { size: [1, 3], stride: [1, 3], padding: [1] };
const step = (x: number): number => (x > 0 ? 1 : 0);

/** Layers of 6x6x16 that all are different, by the name of their function. */
export const variants: Readonly<Record<string, readonly Module[]>> = {
  activation: [1, 2, 1e-3].flatMap((factor) => [
    activation("same", (x) => factor * x, step),
    activation("same", step, (x) => factor * x),
  ]),
  batchNorm: varied<BatchNormOptions>(
    (options) => batchNorm("same", options),
    {},
    { epsilon: [1e-3, 0], decay: [0.5, 0.99] },
  ),
  clip: [
    [0, 1],
    [-0, 1],
    [-1, 1],
    [0, 2],
    [Number.NEGATIVE_INFINITY, 1],
  ].map(([lo, hi]) => clip(lo as number, hi as number)),
  concat: [
    layers.concat(relu()),
    layers.concat(relu(), relu6()),
    layers.concat(relu6(), relu()),
    layers.concat(layers.concat(relu(), relu6())),
    layers.concat(relu(), layers.concat(relu6())),
    layers.concat(sequential(relu(), relu6())),
  ],
  conv2d: varied<Conv2dOptions>(
    (options) => conv2d("same", { bias: options.initialBias !== undefined, ...options }),
    { outChannels: 4, kernel: 3 },
    {
      outChannels: [8, 12],
      kernel: [2, [3, 2], [2, 3]],
      stride: [2, 3],
      padding: [1, 2],
      groups: [2, 4],
      bias: [true],
      initialBias: [1, -2.19],
      gain: [1, 1 / 3],
    },
  ),
  dense: varied<DenseOptions>(
    (options) => dense("same", options),
    { units: 4 },
    { units: [5], bias: [false], gain: [1, 3] },
  ),
  dropout: [0, 0.2, 0.5].map((p) => layers.dropout("same", { p })),
  embedding: [
    [4, 8, 1],
    [5, 8, 1],
    [4, 9, 1],
    [4, 8, 0.02],
  ].map(([entries, features, deviation]) =>
    sequential(
      conv2d("one", { outChannels: 1, kernel: 1 }),
      layers.embedding("same", { entries: entries!, features: features!, deviation: deviation! }),
    ),
  ),
  flatten: [layers.flatten()],
  gelu: [layers.gelu(), layers.gelu({ approximate: "tanh" })],
  groupNorm: varied<GroupNormOptions>(
    (options) => layers.groupNorm("same", options),
    { groups: 4 },
    { groups: [1, 16], epsilon: [1e-3] },
  ),
  layerNorm: varied<LayerNormOptions>(
    (options) => layers.layerNorm("same", options),
    {},
    { epsilon: [1e-3, 0] },
  ),
  matmul: [
    ...[1, 2, 4].map((groups) =>
      layers.matmul("same", identity(), identity(), { transposeOther: true, groups }),
    ),
    layers.matmul("same", layers.pixelShuffle(1), conv2d("row", { outChannels: 16, kernel: [3, 3] })),
    layers.matmul("same", relu(), identity(), { transposeOther: true }),
    layers.matmul("same", identity(), relu(), { transposeOther: true }),
    layers.matmul("other", identity(), relu(), { transposeOther: true }),
  ],
  multiheadAttention: varied<MultiheadAttentionOptions>(
    (options) => layers.multiheadAttention("same", options),
    { heads: 2 },
    { heads: [1, 4], causal: [true], bias: [false] },
  ),
  positionEmbedding: [layers.positionEmbedding("same")],
  softmax: [1, 2, 4].map((groups) => layers.softmax({ groups })),
  maxPool: varied<PoolOptions>(maxPool, pool, pools),
  averagePool: varied<PoolOptions>(averagePool, pool, pools),
  globalAveragePool: [layers.globalAveragePool()],
  pixelShuffle: [1, 2, 4].map(layers.pixelShuffle),
  relu: [relu()],
  relu6: [relu6()],
  residual: [residual(relu()), residual(relu6()), residual(relu(), relu()), residual(identity(), relu())],
  scaled: [1, -1, 0, -0, 0.1].map(scaled),
  subsample: varied(layers.subsample, { stride: 2, channels: 16 }, { stride: [1, 3], channels: [17, 32] }),
};
