/** @file ONNX files of others as weights: what stands in them, however it is stored. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import {
  type AttributeProto,
  AttributeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
} from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { coveredRanges, narrowed } from "../../../pipelines/onnx/reading/codeGrid.ts";
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { writeModel } from "../../../pipelines/onnx/writing/writeModel.ts";
import { golden } from "../../support/golden.ts";
import { everyNode, numbers, pooledConv } from "./graphs.ts";
import { floats, gemm, home, int8, weightsIn, written } from "./models.ts";

const test = suite("ONNX files of weights");
test("a model of the package onnx: codes with a scale for each channel become float32", () => {
  const path = join(home, "golden.onnx");
  writeFileSync(path, Buffer.from((golden("onnxModel") as { readonly model: string }).model, "base64"));
  assert.equal(weightsIn(path, "dense/weights"), [
    [2, 4],
    [-2, -1.5, -1, -0.5, 0, 0.25, 0.5, 0.75],
  ]);
  assert.equal(weightsIn(path, "dense/bias"), [[2], [1.5, -2]]);
  assert.equal(openOnnx(path).grids.get("dense/weights"), {
    weight: { scale: [0.5, 0.25], zeroPoint: [0, 0], qmin: -127, qmax: 127, leftOut: -128 },
  });
});

test("a model of ours comes back: names, layouts, values and grids", () => {
  const path = join(home, "ours.onnx");
  writeFileSync(path, writeModel(everyNode, { batchNorm: "separate", form: "qdq", metadata: { run: "7" } }));
  const { tensors, grids, metadata } = openOnnx(path);
  assert.is(metadata.run, "7");
  assert.equal(
    [...tensors.keys()],
    [
      ...[
        "conv1.weight",
        "conv1.bias",
        "norm1.weight",
        "norm1.bias",
        "norm1.running_mean",
        "norm1.running_var",
      ],
      ...["conv2.weight", "dense1.weight", "dense1.bias"],
    ],
  );
  const conv2 = everyNode.nodes.find(({ name }) => name === "conv2");
  assert.ok(conv2?.op === "conv" && conv2.weights.kind === "codes");
  // OHWI 4x3x3x2: o = 2, h = 1, w = 0, i = 1
  const [shape, values] = weightsIn(path, "conv2.weight");
  const { codes, params } = conv2.weights;
  assert.equal(shape, [4, 2, 3, 3]);
  assert.is(
    values[((2 * 2 + 1) * 3 + 1) * 3],
    Math.fround(params.scale[2]! * codes[((2 * 3 + 1) * 3 + 0) * 2 + 1]!),
  );
  assert.equal(grids.get("conv2.weight")?.input, {
    scale: [1 / 64],
    zeroPoint: [-128],
    qmin: -128,
    qmax: 127,
  });
  assert.equal(
    metadata.codeRanges,
    '{"conv2/input":[-128,127],"conv2.weight":[-127,127],"dense1/input":[-16,15],"dense1.weight":[-8,7]}',
  );
  assert.equal(grids.get("dense1.weight")?.weight, { scale: [0.0625], zeroPoint: [1], qmin: -8, qmax: 7 });
  // 5 bits in int8
  assert.equal(grids.get("dense1.weight")?.input, { scale: [0.125], zeroPoint: [-3], qmin: -16, qmax: 15 });
  assert.equal(grids.get("conv1.weight"), {});
});

test("a bias that is added to the channels of an image is a vector, and codes that are moved keep their grid", () => {
  const path = join(home, "apart.onnx");
  writeFileSync(path, writeModel(pooledConv(3), { batchNorm: "separate", form: "qdq", metadata: {} }));
  const { tensors, grids } = openOnnx(path);
  assert.equal(tensors.get("conv1.bias")?.shape, [3]);
  assert.equal(tensors.get("conv1.bias")?.read(), numbers(3, 32));
  assert.equal(grids.get("conv3.weight")?.input, { scale: [1], zeroPoint: [0], qmin: -4, qmax: 3 });
});

test("codes of uint8 have a zero point, and `_quantized` is no part of a name", () => {
  const uint8 = create(TensorProtoSchema, {
    ...{ name: "w_quantized", dataType: DataType.UINT8, dims: [1n, 3n], rawData: Uint8Array.of(0, 128, 255) },
  });
  const zero = create(TensorProtoSchema, {
    name: "z",
    dataType: DataType.UINT8,
    rawData: Uint8Array.of(128),
  });
  const dequantize = nodeProto("DequantizeLinear", ["w_quantized", "s", "z"], "w");
  const path = written([dequantize, gemm], [uint8, zero, floats("s", [], 0.5)]);
  assert.equal(weightsIn(path, "w"), [
    [1, 3],
    [-64, 0, 63.5],
  ]);
  assert.equal(openOnnx(path).grids.get("w")?.weight, {
    scale: [0.5],
    zeroPoint: [128],
    qmin: 1,
    qmax: 255,
    leftOut: 0,
  });
});

test("codes of 4 bits: raw, and packed into numbers", () => {
  const codes = { dataType: DataType.INT4, dims: [1n, 3n] };
  const dequantize = nodeProto("DequantizeLinear", ["q", "s"], "w");
  const raw = create(TensorProtoSchema, { ...codes, name: "q", rawData: Uint8Array.of(0x8f, 0x07) });
  const packed = create(TensorProtoSchema, { ...codes, name: "q", int32Data: [0x8f, 0x07] });
  for (const one of [raw, packed])
    assert.equal(weightsIn(written([dequantize, gemm], [one, floats("s", [], 2)]), "q"), [
      [1, 3],
      [-2, -16, 14],
    ]);
});

test("numbers are raw bytes, or a field of their type", () => {
  const dims = [1n, 2n];
  for (const one of [
    create(TensorProtoSchema, { name: "w", dims, dataType: DataType.FLOAT, floatData: [1.5, -2] }),
    create(TensorProtoSchema, { name: "w", dims, dataType: DataType.DOUBLE, doubleData: [1.5, -2] }),
    floats("w", [1, 2], 1.5, -2),
  ])
    assert.equal(weightsIn(written([gemm], [one]), "w"), [
      [1, 2],
      [1.5, -2],
    ]);
});

test("numbers of 16 bits are read, raw and packed, also as scales", () => {
  // 1.5, -2 and 2^-24, the smallest number of half precision, as numpy and ml_dtypes have their bits.
  for (const [dataType, bits, values] of [
    [DataType.FLOAT16, [0x3e00, 0xc000, 0x0001], [1.5, -2, 2 ** -24]],
    [DataType.BFLOAT16, [0x3fc0, 0xc000, 0x3380], [1.5, -2, 2 ** -24]],
  ] as const) {
    const dims = [1n, 3n];
    const rawData = new Uint8Array(Uint16Array.from(bits).buffer);
    const raw = create(TensorProtoSchema, { name: "w", dims, dataType, rawData });
    const packed = create(TensorProtoSchema, { name: "w", dims, dataType, int32Data: [...bits] });
    for (const one of [raw, packed]) assert.equal(weightsIn(written([gemm], [one]), "w"), [[1, 3], values]);
    const scale = create(TensorProtoSchema, { name: "s", dataType, int32Data: [bits[0]] });
    const dequantize = nodeProto("DequantizeLinear", ["q", "s"], "w");
    assert.equal(weightsIn(written([dequantize, gemm], [int8("q", [1, 2], 2, -4), scale]), "q"), [
      [1, 2],
      [3, -6],
    ]);
  }
});

test("`Constant` nodes are tensors under the names of their outputs: of a tensor, of numbers, of one", () => {
  const constant = (
    output: string,
    name: string,
    value: Partial<Pick<AttributeProto, "t" | "f" | "floats" | "i" | "ints">>,
  ) => ({
    ...nodeProto("Constant", [], output),
    attribute: [{ ...create(AttributeProtoSchema, { name }), ...value }],
  });
  const nodes = [
    constant("q", "value", { t: int8("", [2, 1], 4, -6) }),
    constant("s", "value_float", { f: 0.5 }),
    constant("b", "value_floats", { floats: [1.5, -2] }),
    nodeProto("DequantizeLinear", ["q", "s"], "w"),
    nodeProto("Gemm", ["x", "w", "b"], "y", { transB: 1 }),
  ];
  const path = written(nodes, []);
  assert.equal(weightsIn(path, "q"), [
    [2, 1],
    [2, -3],
  ]);
  assert.equal(weightsIn(path, "b"), [[2], [1.5, -2]]);
  const whole = [
    constant("w", "value_ints", { ints: [3n, -4n] }),
    constant("one", "value_int", { i: 1n }),
    nodeProto("DequantizeLinear", ["w8", "one"], "wd"),
    nodeProto("Gemm", ["x", "wd", "w"], "y", { transB: 1 }),
  ];
  const ofInts = written(whole, [int8("w8", [2, 1], 4, -6)]);
  assert.equal(weightsIn(ofInts, "w"), [[2], [3, -4]]);
  assert.equal(weightsIn(ofInts, "w8")[1], [4, -6]);
});

test("float32 weights that the model rounds stay what they are, and have a grid", () => {
  const quantize = nodeProto("QuantizeLinear", ["w", "s", "z"], "q");
  const dequantize = nodeProto("DequantizeLinear", ["q", "s", "z"], "wq");
  const tensors = [floats("w", [1, 2], 0.3, -0.4), floats("s", [], 0.25), int8("z", [], 0)];
  const path = written([quantize, dequantize, nodeProto("Gemm", ["x", "wq"], "y", { transB: 1 })], tensors);
  assert.equal(weightsIn(path, "w"), [[1, 2], [...Float32Array.of(0.3, -0.4)]]);
  assert.equal(openOnnx(path).grids.get("w")?.weight, {
    scale: [0.25],
    zeroPoint: [0],
    qmin: -127,
    qmax: 127,
    leftOut: -128,
  });
});

test("a tensor that an Identity hands on has its own name, unless others take it, too, as exporters write equal ones", () => {
  const products = [nodeProto("Gemm", ["x", "i"], "m", { transB: 1 }), nodeProto("Gemm", ["m", "w"], "y")];
  const identity = nodeProto("Identity", ["w"], "i");
  const namesIn = (...nodes: Parameters<typeof written>[0]) => [
    ...openOnnx(written(nodes, [floats("w", [1, 1], 3)])).tensors.keys(),
  ];
  assert.equal(namesIn(identity, products[0]!), ["w"]);
  assert.equal(namesIn(identity, ...products), ["i", "w"]);
  assert.equal(weightsIn(written([identity, ...products], [floats("w", [1, 1], 3)]), "i"), [[1, 1], [3]]);
});

test("matrices [in, out] are turned: of MatMul, of Gemm, and of a Transpose", () => {
  const w = floats("w", [2, 3], 1, 2, 3, 4, 5, 6);
  const turned = [
    [3, 2],
    [1, 4, 2, 5, 3, 6],
  ];
  assert.equal(weightsIn(written([nodeProto("MatMul", ["x", "w"], "y")], [w]), "w"), turned);
  assert.equal(weightsIn(written([nodeProto("Gemm", ["x", "w"], "y")], [w]), "w"), turned);
  const transpose = nodeProto("Transpose", ["w"], "t", { perm: [1, 0] });
  const behind = nodeProto("Gemm", ["x", "t"], "y", { transB: 1 });
  assert.equal(weightsIn(written([transpose, behind], [w]), "w"), turned);
});

test("a bias that is added behind a product is a parameter, a bias of codes is dequantized", () => {
  const added = nodeProto("Add", ["m", "b"], "y");
  const tensors = [floats("w", [2, 1], 1, 2), floats("b", [1], 7)];
  assert.equal(weightsIn(written([nodeProto("MatMul", ["x", "w"], "m"), added], tensors), "b"), [[1], [7]]);
  const codes = create(TensorProtoSchema, {
    ...{ name: "b_quantized", dataType: DataType.INT32, dims: [2n], int32Data: [1000, -3] },
  });
  const dequantize = nodeProto("DequantizeLinear", ["b_quantized", "s"], "b", { axis: 0 });
  const layer = nodeProto("Gemm", ["x", "w", "b"], "y", { transB: 1 });
  const path = written([dequantize, layer], [floats("w", [2, 1], 1, 2), codes, floats("s", [2], 0.5, 2)]);
  assert.equal(weightsIn(path, "b"), [[2], [500, -6]]);
});

test("the grid of an activation is found behind what only moves its elements", () => {
  const nodes = [
    nodeProto("QuantizeLinear", ["x", "s", "z"], "q"),
    nodeProto("DequantizeLinear", ["q", "s", "z"], "d"),
    nodeProto("Flatten", ["d"], "f"),
    nodeProto("Gemm", ["f", "w"], "y", { transB: 1 }),
  ];
  const path = written(nodes, [floats("w", [1, 1], 1), floats("s", [], 0.5), int8("z", [], -128)]);
  assert.equal(openOnnx(path).grids.get("w")?.input, {
    scale: [0.5],
    zeroPoint: [-128],
    qmin: -128,
    qmax: 127,
  });
});

test("a grid covers the range on which a grid of ours has its scale and its zero point", () => {
  const grid = { scale: [0.5], zeroPoint: [0], qmin: -128, qmax: 127 };
  assert.equal(coveredRanges(grid), [{ lo: -64, hi: 63.5 }]);
  assert.equal(coveredRanges({ ...grid, qmin: -1, qmax: 1 }), [{ lo: -0.5, hi: 0.5 }]);
  assert.equal(narrowed(grid), { ...grid, qmin: -127, leftOut: -128 });
  assert.equal(narrowed({ ...grid, zeroPoint: [128], qmin: 0, qmax: 255 }).qmin, 1);
  const affine = { scale: [1, 2], zeroPoint: [0, 10], qmin: -128, qmax: 127 };
  assert.equal(narrowed(affine), affine);
  assert.equal(coveredRanges(affine), [
    { lo: -128, hi: 127 },
    { lo: -276, hi: 234 },
  ]);
});

test.run();
