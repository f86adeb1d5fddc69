/** @file Inference graphs made by hand: between them every node, in places that change how it is written. */
import type { QParams } from "../../../core/qparams.ts";
import type { ConvShape, Window } from "../../../core/shape.ts";
import type { Shape } from "../../../core/tensor.ts";
import type {
  BatchNormNode,
  GraphNode,
  GraphWeights,
  InferenceGraph,
} from "../../../pipelines/inference/graph.ts";
import { goldenCodes } from "../../support/golden.ts";

/** Numbers between -1 and 1. */
export const numbers = (count: number, seed: number): Float32Array =>
  Float32Array.from(goldenCodes(count, seed), (code) => code / 128);

const grid = (
  bits: number,
  scale: readonly number[],
  zeroPoint: readonly number[],
  qmin = -(2 ** (bits - 1)),
): QParams => ({
  bits,
  qmin,
  qmax: 2 ** (bits - 1) - 1,
  scale: Float32Array.from(scale),
  zeroPoint: Int32Array.from(zeroPoint),
});

export const codeWeights = (shape: Shape, params: QParams, seed: number): GraphWeights => ({
  kind: "codes",
  shape,
  params,
  codes: goldenCodes(
    shape.reduce((a, b) => a * b),
    seed,
  ).map((code) => Math.min(Math.max(code >> (8 - params.bits), params.qmin), params.qmax)),
});

const floatWeights = (shape: Shape, seed: number): GraphWeights => ({
  kind: "float32",
  shape,
  values: numbers(
    shape.reduce((a, b) => a * b),
    seed,
  ),
});

const window = (kernel: number, stride: number, padding: number): Window => ({
  ...{ kernelHeight: kernel, kernelWidth: kernel },
  ...{ stride, padding },
});

const conv = (
  kernel: number,
  padding: number,
  inChannels: number,
  outChannels: number,
  groups = 1,
): ConvShape => ({
  ...window(kernel, 1, padding),
  ...{ inChannels, outChannels, groups },
});

/** A normalization whose gains have both signs. */
export const norm = (name: string, input: string, shape: Shape): BatchNormNode => {
  const channels = shape[2]!;
  const [scale, shift] = [numbers(channels, 21), numbers(channels, 22)];
  const runningMean = numbers(channels, 23);
  const runningVariance = numbers(channels, 24).map((one) => 1 + one / 2);
  const epsilon = 1e-5;
  const gain = scale.map((one, c) => one / Math.sqrt(runningVariance[c]! + epsilon));
  return {
    ...{ op: "batchNorm", name, inputs: [input], shape, epsilon },
    ...{ scale, shift, runningMean, runningVariance, gain, mean: runningMean, offset: shift },
  };
};

const graphOf = (imageShape: Shape, nodes: readonly GraphNode[]): InferenceGraph => ({
  ...{
    name: "by hand",
    runId: "",
    step: 1,
    weightsSha256: "",
    imageShape,
    classes: [],
    nodes,
    dynamicSites: [],
  },
});

/** Every node once, between the image and a dense layer behind what was flattened. */
export const everyNode: InferenceGraph = graphOf(
  [6, 6, 2],
  [
    {
      ...{ op: "conv", name: "conv1", inputs: ["image"], shape: [6, 6, 4], conv: conv(3, 1, 2, 4) },
      ...{ weights: floatWeights([4, 3, 3, 2], 1), bias: numbers(4, 2) },
    },
    norm("norm1", "conv1", [6, 6, 4]),
    { op: "clip", name: "relu1", inputs: ["norm1"], shape: [6, 6, 4], lo: 0, hi: Number.POSITIVE_INFINITY },
    {
      op: "quantize",
      name: "conv2/input",
      inputs: ["relu1"],
      shape: [6, 6, 4],
      params: grid(8, [1 / 64], [-128]),
    },
    {
      ...{ op: "conv", name: "conv2", inputs: ["conv2/input"], shape: [6, 6, 4], conv: conv(3, 1, 4, 4, 2) },
      weights: codeWeights([4, 3, 3, 2], grid(8, [0.01, 0.02, 0.03, 0.04], [0, 0, 0, 0], -127), 3),
      bias: undefined,
    },
    { op: "clip", name: "relu2", inputs: ["conv2"], shape: [6, 6, 4], lo: 0, hi: 6 },
    { op: "dequantize", name: "values", inputs: ["conv2/input"], shape: [6, 6, 4] },
    { op: "scaled", name: "scaled1", inputs: ["relu2"], shape: [6, 6, 4], factor: 0.5 },
    { op: "add", name: "add1", inputs: ["scaled1", "values"], shape: [6, 6, 4] },
    { op: "maxPool", name: "maxPool1", inputs: ["add1"], shape: [3, 3, 4], window: window(3, 2, 1) },
    {
      op: "averagePool",
      name: "averagePool1",
      inputs: ["maxPool1"],
      shape: [3, 3, 4],
      window: window(3, 1, 1),
    },
    { op: "concat", name: "concat1", inputs: ["maxPool1", "averagePool1"], shape: [3, 3, 8] },
    { op: "pixelShuffle", name: "shuffled", inputs: ["concat1"], shape: [6, 6, 2], factor: 2 },
    { op: "subsample", name: "shortcut", inputs: ["shuffled"], shape: [3, 3, 5], stride: 2, before: 1 },
    { op: "flatten", name: "flatten1", inputs: ["shortcut"], shape: [1, 1, 45] },
    {
      op: "quantize",
      name: "dense1/input",
      inputs: ["flatten1"],
      shape: [1, 1, 45],
      params: grid(5, [0.125], [-3]),
    },
    {
      ...{ op: "dense", name: "dense1", inputs: ["dense1/input"], shape: [1, 1, 7] },
      ...{ conv: conv(1, 0, 45, 7), weights: codeWeights([7, 1, 1, 45], grid(4, [0.0625], [1]), 4) },
      bias: numbers(7, 5),
    },
  ],
);

/** What comes in another order or rank than it is wanted: rows that are normalized, added to others, and become images again. */
export const rowsAndImages: InferenceGraph = graphOf(
  [3, 3, 2],
  [
    { op: "flatten", name: "flatten1", inputs: ["image"], shape: [1, 1, 18] },
    norm("norm1", "flatten1", [1, 1, 18]),
    {
      ...{ op: "dense", name: "dense1", inputs: ["norm1"], shape: [1, 1, 18] },
      ...{ conv: conv(1, 0, 18, 18), weights: floatWeights([18, 1, 1, 18], 6), bias: undefined },
    },
    { op: "add", name: "add1", inputs: ["norm1", "dense1"], shape: [1, 1, 18] },
    { op: "concat", name: "concat1", inputs: ["add1", "norm1"], shape: [1, 1, 36] },
    {
      ...{ op: "conv", name: "conv1", inputs: ["concat1"], shape: [1, 1, 4] },
      ...{ conv: conv(1, 0, 36, 4), weights: floatWeights([4, 1, 1, 36], 7), bias: undefined },
    },
    { op: "averagePool", name: "averagePool1", inputs: ["conv1"], shape: [1, 1, 4], window: window(1, 1, 0) },
    {
      ...{ op: "dense", name: "dense2", inputs: ["averagePool1"], shape: [1, 1, 3] },
      ...{ conv: conv(1, 0, 4, 3), weights: floatWeights([3, 1, 1, 4], 8), bias: undefined },
    },
    {
      op: "quantize",
      name: "last",
      inputs: ["dense2"],
      shape: [1, 1, 3],
      params: grid(8, [1 / 16], [5], -127),
    },
  ],
);

/** A dense layer over a whole image, and an image as output. */
export const imageDense: InferenceGraph = graphOf(
  [2, 3, 4],
  [
    {
      op: "quantize",
      name: "dense1/input",
      inputs: ["image"],
      shape: [2, 3, 4],
      params: grid(4, [0.125], [0]),
    },
    {
      ...{ op: "dense", name: "dense1", inputs: ["dense1/input"], shape: [1, 1, 8] },
      conv: { ...conv(1, 0, 4, 8), kernelHeight: 2, kernelWidth: 3 },
      ...{ weights: codeWeights([8, 2, 3, 4], grid(3, [0.25], [0]), 9), bias: numbers(8, 10) },
    },
    { op: "pixelShuffle", name: "image2", inputs: ["dense1"], shape: [2, 2, 2], factor: 2 },
  ],
);

/** Codes of so many bits into a convolution, which is rectified and pooled in front of the next one; rows that become images before they are codes and after. */
export const pooledConv = (bits: number): InferenceGraph =>
  graphOf(
    [4, 4, 2],
    [
      {
        op: "quantize",
        name: "conv1/input",
        inputs: ["image"],
        shape: [4, 4, 2],
        params: grid(bits, [4 / 2 ** bits], [0]),
      },
      {
        ...{ op: "conv", name: "conv1", inputs: ["conv1/input"], shape: [4, 4, 3], conv: conv(3, 1, 2, 3) },
        ...{ weights: codeWeights([3, 3, 3, 2], grid(4, [0.125], [0], -7), 31), bias: numbers(3, 32) },
      },
      { op: "clip", name: "relu1", inputs: ["conv1"], shape: [4, 4, 3], lo: 0, hi: Number.POSITIVE_INFINITY },
      { op: "maxPool", name: "maxPool1", inputs: ["relu1"], shape: [2, 2, 3], window: window(2, 2, 0) },
      {
        op: "quantize",
        name: "conv2/input",
        inputs: ["maxPool1"],
        shape: [2, 2, 3],
        params: grid(bits, [8 / 2 ** bits], [-(2 ** (bits - 1))]),
      },
      {
        ...{ op: "conv", name: "conv2", inputs: ["conv2/input"], shape: [1, 1, 6], conv: conv(2, 0, 3, 6) },
        ...{ weights: codeWeights([6, 2, 2, 3], grid(8, [0.015625], [0], -127), 33), bias: numbers(6, 34) },
      },
      { op: "flatten", name: "flatten1", inputs: ["conv2"], shape: [1, 1, 6] },
      {
        op: "quantize",
        name: "conv3/input",
        inputs: ["flatten1"],
        shape: [1, 1, 6],
        params: grid(bits, [8 / 2 ** bits], [0]),
      },
      {
        ...{ op: "conv", name: "conv3", inputs: ["conv3/input"], shape: [1, 1, 5], conv: conv(1, 0, 6, 5) },
        ...{ weights: codeWeights([5, 1, 1, 6], grid(8, [0.015625], [0], -127), 35), bias: numbers(5, 36) },
      },
      {
        op: "quantize",
        name: "dense1/input",
        inputs: ["conv3"],
        shape: [1, 1, 5],
        params: grid(bits, [8 / 2 ** bits], [0]),
      },
      {
        ...{ op: "dense", name: "dense1", inputs: ["dense1/input"], shape: [1, 1, 3] },
        ...{ conv: conv(1, 0, 5, 3), weights: codeWeights([3, 1, 1, 5], grid(8, [0.015625], [0], -127), 37) },
        bias: numbers(3, 38),
      },
    ],
  );
