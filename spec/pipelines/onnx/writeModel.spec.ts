/** @file Inference graphs as ONNX models: what onnxruntime makes of them is what the graph says. */
import { fromBinary } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../../core/tensor.ts";
import type { InferenceGraph } from "../../../pipelines/inference/graph.ts";
import { runGraph } from "../../../pipelines/inference/runGraph.ts";
import { TensorProto_DataType as DataType, ModelProtoSchema } from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { writeModel } from "../../../pipelines/onnx/writing/writeModel.ts";
import { everyNode, imageDense, norm, numbers, pooledConv, rowsAndImages } from "./graphs.ts";
import { type Answer, answers, channelsLast, hasOracle } from "./oracle.ts";

const test = suite("ONNX models");

const separate = { batchNorm: "separate", form: "qdq", metadata: {} } as const;
const samples = 3;

const decoded = (graph: InferenceGraph) => {
  const { graph: found } = fromBinary(ModelProtoSchema, writeModel(graph, separate));
  assert.ok(found);
  return found;
};

test("codes of activations and weights have the names of their sites, and the type that their bits fit into", () => {
  const { node, initializer } = decoded(everyNode);
  const types = new Map(initializer.map(({ name, dataType, dims }) => [name, [dataType, dims.map(Number)]]));
  assert.equal(types.get("conv2.weight_quantized"), [DataType.INT8, [4, 2, 3, 3]]);
  assert.equal(types.get("conv2.weight_scale"), [DataType.FLOAT, [4]]);
  assert.equal(types.get("dense1.weight_quantized"), [DataType.INT4, [7, 45]]);
  assert.equal(types.get("dense1.weight_zero_point"), [DataType.INT4, []]);
  assert.equal(
    node.filter(({ opType }) => opType === "QuantizeLinear").map(({ output }) => output[0]),
    ["conv2/input", "dense1/input"],
  );
});

test("two codes of 4 bits share a byte, the first one in the low half", () => {
  const { initializer } = decoded(imageDense);
  const weights = initializer.find(({ name }) => name === "dense1.weight_quantized");
  assert.is(weights?.rawData.length, (8 * 24) / 2);
  const source = imageDense.nodes[1];
  assert.ok(source?.op === "dense" && source.weights.kind === "codes");
  const { codes } = source.weights;
  // Row 0: [H, W, C] becomes [C, H, W], so its first two elements are channel 0 of the first two columns.
  assert.is(weights?.rawData[0], (codes[0]! & 15) | ((codes[4]! & 15) << 4));
});

test("a grid that ends before its type does is clipped in front", () => {
  const { node, initializer } = decoded(everyNode);
  const clip = node.find(({ output }) => output[0] === "dense1/input_clipped");
  assert.is(clip?.opType, "Clip");
  const ends = clip?.input.slice(1).map((name) => {
    const bytes = initializer.find((one) => one.name === name)!.rawData;
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat32(0, true);
  });
  assert.equal(ends, [0.125 * (-16 + 3), 0.125 * (15 + 3)]);
  assert.not.ok(node.some(({ output }) => output[0] === "conv2/input_clipped"));
});

test("biases of quantized layers are nodes of their own, and part of the layer where normalizations are folded", () => {
  const inputsOf = (batchNorm: "separate" | "folded", output: string): readonly string[] | undefined =>
    fromBinary(ModelProtoSchema, writeModel(everyNode, { ...separate, batchNorm })).graph?.node.find(
      (node) => node.output[0] === output,
    )?.input;
  assert.equal(inputsOf("separate", "dense1_product")?.length, 2);
  assert.equal(inputsOf("separate", "dense1"), ["dense1_product", "dense1.bias"]);
  assert.equal(inputsOf("folded", "dense1")?.slice(2), ["dense1.bias"]);
});

test("codes of activations are int8, whatever their bits, and elements are moved as codes", () => {
  const { node, initializer } = decoded(imageDense);
  const zero = initializer.find(({ name }) => name === "dense1/input_zero_point");
  assert.is(zero?.dataType, DataType.INT8);
  const flat = node.find(({ opType }) => opType === "Flatten");
  assert.equal(flat?.input, ["dense1/input"]);
  assert.is(node.find(({ input }) => input[0] === flat?.output[0])?.opType, "DequantizeLinear");
});

test("a network that gives two values one name is refused", () => {
  const [first, second] = everyNode.nodes;
  assert.throws(
    () => writeModel({ ...everyNode, nodes: [first!, { ...second!, name: "conv1.weight" }] }, separate),
    /^conv1\.weight: a layer with the name of another layer's tensor, expected unique names/,
  );
});

/** Largest difference of each value from what the graph says, over all samples. */
const differences = (
  graph: InferenceGraph,
  names: readonly string[],
  found: readonly Answer[],
  images: Float32Array,
): readonly number[] => {
  const size = sizeOf(graph.imageShape);
  return names.map((name, i) => {
    const { shape, data } = found[i]!;
    const ours = shape.length === 4 ? channelsLast(data, shape) : data;
    let largest = 0;
    for (let n = 0; n < samples; n++) {
      const said = runGraph(graph, images.slice(n * size, (n + 1) * size)).get(name)!;
      said.forEach((value, k) => {
        largest = Math.max(largest, Math.abs(value - ours[n * said.length + k]!));
      });
    }
    return largest;
  });
};

const run = (
  graph: InferenceGraph,
  names: readonly string[],
  style: Parameters<typeof writeModel>[1],
  level?: Parameters<typeof answers>[4],
) => {
  const images = numbers(samples * sizeOf(graph.imageShape), 11).map((one) => 2 * one);
  const found = answers(writeModel(graph, style), images, [samples, ...graph.imageShape], names, level);
  return differences(graph, names, found, images);
};

for (const [title, graph, names, sizes] of [
  [
    "every node",
    everyNode,
    ["conv2/input", "maxPool1", "shuffled", "shortcut", "dense1"],
    [0, 1e-5, 1e-5, 1e-5, 1e-5],
  ],
  ["rows and images", rowsAndImages, ["dense1", "conv1", "last"], [1e-5, 1e-5, 0]],
  ["a dense layer over an image", imageDense, ["dense1/input", "image2"], [0, 1e-5]],
] as const) {
  const law = `onnx.checker takes ${title}, and onnxruntime computes what the graph says`;
  if (hasOracle)
    for (const form of ["qdq", "exact"] as const)
      test(`${law}, ${form}`, () => {
        run(graph, names, { ...separate, form }).forEach((found, i) => {
          assert.ok(found <= sizes[i]!, `${names[i]}: ${found}`);
        });
      });
  else test.skip(law);
}

for (const bits of [2, 3, 4, 5, 6, 7, 8]) {
  const law = `codes of ${bits} bits behind a pool run with all graph optimizations, biases unrounded`;
  if (hasOracle)
    test(law, () => {
      const [difference] = run(pooledConv(bits), ["dense1"], separate, "ORT_ENABLE_ALL");
      assert.ok(difference! <= 1e-5, `${difference}`);
    });
  else test.skip(law);
}

const exact =
  "products of codes, what is scaled and what is normalized are ours to the bit in the form `exact`";
if (hasOracle)
  test(exact, () => {
    const image = imageDense.nodes;
    const graph = { ...imageDense, nodes: [...image, norm("norm1", image.at(-1)!.name, [2, 2, 2])] };
    assert.equal(run(graph, ["dense1/input", "image2", "norm1"], { ...separate, form: "exact" }), [0, 0, 0]);
  });
else test.skip(exact);

test.run();
