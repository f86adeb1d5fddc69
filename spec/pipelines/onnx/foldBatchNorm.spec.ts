/** @file Batch normalization folded into weights: the same network, with a scale for each channel. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { QParams } from "../../../core/qparams.ts";
import type {
  BatchNormNode,
  ConvNode,
  GraphNode,
  InferenceGraph,
} from "../../../pipelines/inference/graph.ts";
import { runGraph } from "../../../pipelines/inference/runGraph.ts";
import { foldBatchNorm } from "../../../pipelines/onnx/writing/foldBatchNorm.ts";
import { codeWeights, norm, numbers } from "./graphs.ts";

const test = suite("folded batch normalization");

const params: QParams = {
  ...{ bits: 4, qmin: -7, qmax: 7 },
  ...{ scale: Float32Array.of(0.25), zeroPoint: Int32Array.of(1) },
};

const conv: ConvNode = {
  ...{ op: "conv", name: "conv1", inputs: ["input"], shape: [3, 3, 4] },
  conv: {
    ...{ kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1 },
    ...{ inChannels: 2, outChannels: 4, groups: 1 },
  },
  weights: codeWeights([4, 3, 3, 2], params, 1),
  bias: numbers(4, 2),
};

const input: GraphNode = {
  ...{ op: "quantize", name: "input", inputs: ["image"], shape: [3, 3, 2] },
  params: {
    ...{ bits: 8, qmin: -128, qmax: 127 },
    ...{ scale: Float32Array.of(1 / 64), zeroPoint: Int32Array.of(0) },
  },
};

/** Gains are numbers of both signs. */
const normalization = norm("norm1", "conv1", [3, 3, 4]);

const relu: GraphNode = {
  ...{ op: "clip", name: "relu1", inputs: ["norm1"], shape: [3, 3, 4] },
  ...{ lo: 0, hi: Number.POSITIVE_INFINITY },
};

const withGain = (gain: readonly number[]): BatchNormNode => ({
  ...normalization,
  gain: Float32Array.from(gain),
});

const outputOf = (nodes: readonly GraphNode[]): Float32Array => {
  const graph: InferenceGraph = {
    ...{
      name: "folded",
      runId: "",
      step: 1,
      weightsSha256: "",
      imageShape: [3, 3, 2],
      classes: [],
      nodes,
      dynamicSites: [],
    },
  };
  return runGraph(graph, numbers(18, 3)).get(nodes.at(-1)!.name) as Float32Array;
};

const foldedConv = (nodes: readonly GraphNode[]): ConvNode => {
  const found = foldBatchNorm(nodes).find(({ op }) => op === "conv");
  assert.ok(found?.op === "conv");
  return found;
};

const codesOf = ({ weights }: ConvNode): Extract<ConvNode["weights"], { kind: "codes" }> => {
  assert.ok(weights.kind === "codes");
  return weights;
};

test("it computes the same, and its readers find it", () => {
  const nodes = [input, conv, normalization, relu];
  const folded = foldBatchNorm(nodes);
  assert.equal(
    folded.map(({ name, inputs }) => [name, inputs]),
    [
      ["input", ["image"]],
      ["conv1", ["input"]],
      ["relu1", ["conv1"]],
    ],
  );
  const [before, after] = [outputOf(nodes), outputOf(folded)];
  assert.ok(before.some((value) => value > 0.1));
  before.forEach((value, i) => {
    assert.ok(Math.abs(value - after[i]!) < 1e-5, `${i}: ${value}, folded ${after[i]}`);
  });
});

test("scales are multiplied by the size of the gain, codes by its sign, around the zero point", () => {
  const { codes, params: grid } = codesOf(foldedConv([input, conv, withGain([2, -0.5, 0, 1])]));
  const before = codesOf(conv).codes;
  assert.equal([...grid.scale], [0.5, 0.125, 1, 0.25]);
  assert.equal([...grid.zeroPoint], [1, -1, 1, 1]);
  assert.equal([...codes.subarray(0, 18)], [...before.subarray(0, 18)]);
  assert.equal([...codes.subarray(18, 36)], [...before.subarray(18, 36).map((code) => -code)]);
  assert.equal([...codes.subarray(36, 54)], Array(18).fill(1));
});

test("a grid whose codes are negated has codes of both signs, as far as their type has them", () => {
  const endsOf = (bits: number, qmin: number, qmax: number, gain: readonly number[]) => {
    const weights = codeWeights([4, 3, 3, 2], { ...params, bits, qmin, qmax }, 1);
    assert.ok(weights.kind === "codes");
    const codes = weights.codes.map((code) => Math.max(code, -7));
    const { params: grid } = codesOf(
      foldedConv([input, { ...conv, weights: { ...weights, codes } }, withGain(gain)]),
    );
    return [grid.qmin, grid.qmax];
  };
  assert.equal(endsOf(4, -7, 7, [1, -1, 1, 1]), [-7, 7]);
  assert.equal(endsOf(3, -4, 3, [1, -1, 1, 1]), [-4, 4]);
  assert.equal(endsOf(4, -8, 7, [1, -1, 1, 1]), [-8, 7]);
  assert.equal(endsOf(3, -4, 3, [1, 1, 1, 1]), [-4, 3]);
});

test("a bias is what the normalization makes of it", () => {
  const { bias } = foldedConv([
    input,
    { ...conv, bias: Float32Array.of(1, 1, 1, 1) },
    withGain([2, 2, 2, 2]),
  ]);
  const { mean, offset } = normalization;
  assert.equal([...bias!], [...offset.map((one, o) => (1 - mean[o]!) * 2 + one)]);
});

test("a code without an opposite is not negated: its normalization stays", () => {
  const least = { ...codesOf(conv), codes: codesOf(conv).codes.with(20, -8) };
  const nodes = [input, { ...conv, weights: least }, withGain([1, -1, 1, 1]), relu];
  assert.equal(foldBatchNorm(nodes), nodes);
  assert.is(foldBatchNorm([input, { ...conv, weights: least }, withGain([-1, 1, 1, 1])]).length, 2);
});

test("a convolution that somebody else reads keeps its values", () => {
  const nodes = [
    ...[input, conv, normalization],
    { op: "add", name: "add1", inputs: ["norm1", "conv1"], shape: [3, 3, 4] },
  ] as const;
  assert.equal(foldBatchNorm(nodes), nodes);
});

test("float32 weights are multiplied by the gain", () => {
  const weights = { kind: "float32", values: numbers(72, 4), shape: [4, 3, 3, 2] } as const;
  const folded = foldedConv([{ ...conv, inputs: ["image"], weights }, withGain([2, -1, 1, 1])]);
  assert.ok(folded.weights.kind === "float32");
  const { values } = folded.weights;
  assert.equal(
    [...values.subarray(0, 36)],
    [
      ...numbers(72, 4)
        .subarray(0, 18)
        .map((one) => 2 * one),
      ...numbers(72, 4)
        .subarray(18, 36)
        .map((one) => -one),
    ],
  );
});

test.run();
