/** @file Networks in C of graphs made by hand, beside what the graph says: every node, and places where the one is written otherwise than the other. */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { QParams } from "../../../core/qparams.ts";
import { type Shape, sizeOf } from "../../../core/tensor.ts";
import { cNetwork } from "../../../pipelines/c/cNetwork.ts";
import type { GraphNode, InferenceGraph } from "../../../pipelines/inference/graph.ts";
import { runGraph } from "../../../pipelines/inference/runGraph.ts";
import { scratch } from "../files/scratch.ts";
import { codeWeights, everyNode, imageDense, numbers, rowsAndImages } from "../onnx/graphs.ts";
import { bytesOf, compilers, runCompiled } from "./compiled.ts";

const test = suite("graphs in C");
const home = scratch();
const checked = compilers.length === 0 ? test.skip : test;

const graphOf = (imageShape: Shape, nodes: readonly GraphNode[]): InferenceGraph => ({
  ...everyNode,
  imageShape,
  nodes,
});

const grid = (scale: number, zeroPoint: number, bits = 8): QParams => ({
  bits,
  qmin: -(2 ** (bits - 1)),
  qmax: 2 ** (bits - 1) - 1,
  scale: Float32Array.of(scale),
  zeroPoint: Int32Array.of(zeroPoint),
});

const flat: Shape = [1, 1, 20];
const image: Shape = [4, 4, 3];

/** Halves of steps of both signs, ends of the grid and beyond, both zeros, infinities and NaN. */
const ties = Float32Array.of(
  ...[0.25, 0.75, 1.25, -0.25, -0.75, -1.25, 61.25, 61.75, 62.25, 1e30],
  ...[-65.75, -66.25, -66.75, -1e30, 0, -0, Infinity, -Infinity, Number.NaN, 2 ** -149],
);

const graphs: Readonly<Record<string, InferenceGraph>> = {
  "every node": everyNode,
  "rows that become images": graphOf(rowsAndImages.imageShape, rowsAndImages.nodes.slice(0, -1)),
  "a dense layer over an image, and an image as output": imageDense,
  "a mean of 14x14, and an image that two read": graphOf(
    [14, 14, 3],
    [
      { op: "quantize", name: "q", inputs: ["image"], shape: [14, 14, 3], params: grid(1 / 64, 3) },
      { op: "dequantize", name: "values", inputs: ["q"], shape: [14, 14, 3] },
      { op: "add", name: "sum", inputs: ["values", "image"], shape: [14, 14, 3] },
      {
        ...{ op: "averagePool", name: "mean", inputs: ["sum"], shape: [1, 1, 3] },
        window: { kernelHeight: 14, kernelWidth: 14, stride: 1, padding: 0 },
      },
    ],
  ),
  "twice a value, in memory of its own": graphOf(image, [
    { op: "clip", name: "clip", inputs: ["image"], shape: image, lo: -0.5, hi: 0.25 },
    { op: "add", name: "twice", inputs: ["clip", "clip"], shape: image },
    { op: "add", name: "again", inputs: ["twice", "clip"], shape: image },
    { op: "scaled", name: "scaled", inputs: ["again"], shape: image, factor: Math.fround(-0.1) },
    { op: "scaled", name: "zeros", inputs: ["scaled"], shape: image, factor: -0 },
    { op: "clip", name: "relu", inputs: ["zeros"], shape: image, lo: 0, hi: 6 },
    { op: "pixelShuffle", name: "moved", inputs: ["zeros"], shape: image, factor: 1 },
    { op: "add", name: "sum of zeros", inputs: ["relu", "moved"], shape: image },
    { op: "concat", name: "end", inputs: ["moved", "relu", "sum of zeros"], shape: [4, 4, 9] },
  ]),
  "two quantizers of one value, and a sum that takes the place of its summand": graphOf(image, [
    { op: "scaled", name: "x", inputs: ["image"], shape: image, factor: 3 },
    { op: "quantize", name: "fine", inputs: ["x"], shape: image, params: grid(1 / 64, 0) },
    { op: "quantize", name: "coarse", inputs: ["x"], shape: image, params: grid(1 / 2, 1, 3) },
    {
      ...{ op: "conv", name: "conv", inputs: ["fine"], shape: image, bias: undefined },
      conv: {
        ...{ kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 1 },
        ...{ groups: 1, inChannels: 3, outChannels: 3 },
      },
      weights: codeWeights(
        [3, 3, 3, 3],
        { ...grid(1, 0, 3), scale: Float32Array.of(0.5, 0.25, 2), zeroPoint: Int32Array.of(1, -2, 0) },
        11,
      ),
    },
    { op: "add", name: "sum", inputs: ["conv", "x"], shape: image },
    { op: "quantize", name: "of the sum", inputs: ["sum"], shape: image, params: grid(0.5, 7) },
    { op: "dequantize", name: "rough", inputs: ["coarse"], shape: image },
    { op: "add", name: "second", inputs: ["sum", "rough"], shape: image },
    { op: "dequantize", name: "other", inputs: ["of the sum"], shape: image },
    { op: "concat", name: "both", inputs: ["second", "other"], shape: [4, 4, 6] },
    { op: "flatten", name: "output", inputs: ["both"], shape: [1, 1, 96] },
  ]),
  "maxima of codes with padding, read by a product and as numbers": graphOf(image, [
    { op: "scaled", name: "x", inputs: ["image"], shape: image, factor: 1 },
    {
      ...{ op: "maxPool", name: "pool", inputs: ["x"], shape: [3, 3, 3] },
      window: { kernelHeight: 2, kernelWidth: 2, stride: 2, padding: 1 },
    },
    { op: "quantize", name: "q", inputs: ["pool"], shape: [3, 3, 3], params: grid(1 / 200, 90) },
    { op: "dequantize", name: "values", inputs: ["q"], shape: [3, 3, 3] },
  ]),
  "a float32 layer alone, which needs no arena": graphOf(flat, [
    {
      ...{ op: "dense", name: "dense1", inputs: ["image"], shape: [1, 1, 3], bias: undefined },
      conv: {
        ...{ kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 },
        ...{ groups: 1, inChannels: 20, outChannels: 3 },
      },
      weights: { kind: "float32", values: numbers(60, 14), shape: [3, 1, 1, 20] },
    },
  ]),
  "paths that are no names of C": graphOf(flat, [
    { op: "quantize", name: "*/ a */ \\\n??/", inputs: ["image"], shape: flat, params: grid(0.5, 0) },
    {
      ...{ op: "dense", name: "int*/weight\\", inputs: ["*/ a */ \\\n??/"], shape: [1, 1, 3] },
      conv: {
        ...{ kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0 },
        ...{ groups: 1, inChannels: 20, outChannels: 3 },
      },
      ...{ weights: codeWeights([3, 1, 1, 20], grid(1, 0, 2), 12), bias: numbers(3, 13) },
    },
  ]),
};

/** Checks a graph on some images, on every compiler. */
const check = (name: string, graph: InferenceGraph, images: readonly Float32Array[]): void => {
  const network = cNetwork(graph, "net");
  const sites = graph.nodes.filter(({ op }) => op === "quantize");
  for (const compiler of compilers) {
    const found = runCompiled(compiler, network, images, join(home, name.replace(/\W+/g, "-"), compiler));
    assert.is(found.length, images.length);
    for (const [n, { codes, outputs }] of found.entries()) {
      const values = runGraph(graph, images[n] as Float32Array);
      for (const [i, site] of sites.entries()) assert.equal(codes.get(i), values.get(site.name), site.name);
      const expected = values.get(graph.nodes.at(-1)?.name as string) as Float32Array;
      assert.equal(bytesOf(outputs), bytesOf(expected), `outputs of image ${n}`);
    }
  }
};

for (const [name, graph] of Object.entries(graphs))
  checked(`${name}: as the graph says`, () =>
    check(
      name,
      graph,
      [1, 2, 3].map((seed) => numbers(sizeOf(graph.imageShape), seed)),
    ),
  );

for (const [zeroPoint, bits] of [
  [0, 8],
  [5, 8],
  [-128, 8],
  [127, 8],
  [1, 2],
] as const)
  checked(
    `ties go to the even code, ends are clipped, NaN is the zero point: ${bits} bits around ${zeroPoint}`,
    () => {
      const graph = graphOf(flat, [
        { op: "quantize", name: "q", inputs: ["image"], shape: flat, params: grid(0.5, zeroPoint, bits) },
        { op: "dequantize", name: "values", inputs: ["q"], shape: flat },
      ]);
      check(`ties-${zeroPoint}-${bits}`, graph, [ties]);
      const codes = runGraph(graph, ties).get("q") as Int8Array;
      assert.is(codes[18], zeroPoint);
    },
  );

test.run();
