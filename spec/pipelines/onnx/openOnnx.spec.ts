/** @file ONNX files of others as weights: what stands in them, however it is stored. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { coveredRange } from "../../../pipelines/onnx/reading/codeGrid.ts";
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { codeTensor, floatTensor } from "../../../pipelines/onnx/tensors.ts";
import { writeModel } from "../../../pipelines/onnx/writing/writeModel.ts";
import { golden } from "../../support/golden.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { everyNode } from "./graphs.ts";

const test = suite("ONNX files of weights");
const home = scratch();

const floats = (name: string, shape: readonly number[], ...values: readonly number[]): TensorProto =>
  floatTensor(name, shape, Float32Array.from(values));

const int8 = (name: string, shape: readonly number[], ...codes: readonly number[]): TensorProto =>
  codeTensor(name, shape, Int8Array.from(codes), 8);

/** Path of a model of these nodes and tensors, whose input is x. */
const written = (node: readonly NodeProto[], initializer: readonly TensorProto[], opset = 21): string => {
  const path = join(home, "model.onnx");
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: { name: "by hand", node: [...node], initializer: [...initializer], input: [{ name: "x" }] },
  });
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return path;
};

const gemm = nodeProto("Gemm", ["x", "w"], "y", { transB: 1 });

const weightsIn = (
  path: string,
  name: string,
): readonly [shape: readonly number[], values: readonly number[]] => {
  const tensor = openOnnx(path).tensors.get(name);
  assert.ok(tensor, [...openOnnx(path).tensors.keys()].join(", "));
  return [tensor.shape, [...tensor.read()]];
};

test("a model of the package onnx: codes with a scale for each channel become float32", () => {
  const path = join(home, "golden.onnx");
  writeFileSync(path, Buffer.from((golden("onnxModel") as { readonly model: string }).model, "base64"));
  assert.equal(weightsIn(path, "dense/weights"), [
    [2, 4],
    [-2, -1.5, -1, -0.5, 0, 0.25, 0.5, 0.75],
  ]);
  assert.equal(weightsIn(path, "dense/bias"), [[2], [1.5, -2]]);
  assert.equal(openOnnx(path).grids.get("dense/weights"), {
    weight: { scale: [0.5, 0.25], zeroPoint: [0, 0], qmin: -128, qmax: 127 },
  });
});

test("a model of ours comes back: names, layouts, values and grids", () => {
  const path = join(home, "ours.onnx");
  writeFileSync(path, writeModel(everyNode, { batchNorm: "separate", metadata: { run: "7" } }));
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
  assert.equal(grids.get("dense1.weight")?.weight, { scale: [0.0625], zeroPoint: [1], qmin: -8, qmax: 7 });
  assert.equal(grids.get("conv1.weight"), {});
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
  assert.equal(openOnnx(path).grids.get("w")?.weight, { scale: [0.5], zeroPoint: [128], qmin: 0, qmax: 255 });
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

test("float32 weights that the model rounds stay what they are, and have a grid", () => {
  const quantize = nodeProto("QuantizeLinear", ["w", "s", "z"], "q");
  const dequantize = nodeProto("DequantizeLinear", ["q", "s", "z"], "wq");
  const tensors = [floats("w", [1, 2], 0.3, -0.4), floats("s", [], 0.25), int8("z", [], 0)];
  const path = written([quantize, dequantize, nodeProto("Gemm", ["x", "wq"], "y", { transB: 1 })], tensors);
  assert.equal(weightsIn(path, "w"), [[1, 2], [...Float32Array.of(0.3, -0.4)]]);
  assert.equal(openOnnx(path).grids.get("w")?.weight, {
    scale: [0.25],
    zeroPoint: [0],
    qmin: -128,
    qmax: 127,
  });
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

test("a grid covers the range on which a site of each scheme gets its scale", () => {
  const grid = { scale: [0.5], zeroPoint: [0], qmin: -128, qmax: 127 };
  assert.equal(coveredRange(grid, "affine"), { lo: -64, hi: 63.5 });
  assert.equal(coveredRange(grid, "symmetric"), { lo: -63.5, hi: 63.5 });
  assert.equal(coveredRange(grid, "powerNear"), { lo: -64, hi: 64 });
  assert.equal(coveredRange({ ...grid, scale: [1, 2], zeroPoint: [0, 10] }, "affine"), { lo: -276, hi: 234 });
});

const external = (location: string, entries: Readonly<Record<string, string>> = {}): TensorProto =>
  create(TensorProtoSchema, {
    ...{ name: "w", dataType: DataType.FLOAT, dims: [1n, 2n], dataLocation: DataLocation.EXTERNAL },
    externalData: Object.entries({ location, ...entries }).map(([key, value]) => ({ key, value })),
  });

const readExternal = (location: string, entries?: Readonly<Record<string, string>>) =>
  weightsIn(written([gemm], [external(location, entries)]), "w");

test("elements may lie in a file below the folder of the model", () => {
  mkdirSync(join(home, "data"), { recursive: true });
  writeFileSync(join(home, "data", "w.bin"), new Uint8Array(Float32Array.of(9, 1.5, -2).buffer));
  assert.equal(readExternal("data/w.bin", { offset: "4", length: "8" }), [
    [1, 2],
    [1.5, -2],
  ]);
});

test("data that leave the folder are refused, by name, by a link, and if they end too early", () => {
  const outside = scratch();
  writeFileSync(join(outside, "w.bin"), new Uint8Array(8));
  symlinkSync(join(outside, "w.bin"), join(home, "link.bin"));
  for (const location of [
    "../w.bin",
    join(outside, "w.bin"),
    "data/../../w.bin",
    "link.bin",
    "C:\\w.bin",
    "",
    ".",
  ])
    assert.match(
      sentenceOf(() => readExternal(location)),
      /^\S+model\.onnx: data of tensor w in .*, expected a file of tensors below the folder of the model; /,
      location,
    );
  assert.match(
    sentenceOf(() => readExternal("data/w.bin", { offset: "8" })),
    /tensor w of 8 bytes at 8 to 16 of \S+w\.bin, which has 12, expected all of its bytes/,
  );
  assert.match(
    sentenceOf(() => readExternal("data/v.bin")),
    /v\.bin: nothing that can be read/,
  );
});

/** The sentence with which a model is refused. */
const refusal = (node: readonly NodeProto[], initializer: readonly TensorProto[], opset?: number): string =>
  sentenceOf(() => {
    for (const { read } of openOnnx(written(node, initializer, opset)).tensors.values()) read();
  });

test("what is no model is refused: cut, text, a directory, nothing", () => {
  const path = join(home, "broken.onnx");
  const whole = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 10n, graph: { name: "a graph" } }),
  );
  const cut = Buffer.from((golden("onnxModel") as { readonly model: string }).model, "base64").subarray(
    0,
    200,
  );
  for (const bytes of [cut, Buffer.from("no model at all"), Buffer.alloc(0), Buffer.alloc(50), whole]) {
    writeFileSync(path, bytes);
    assert.match(
      sentenceOf(() => openOnnx(path)),
      /broken\.onnx: .*protobuf message.*, expected an ONNX model; /,
    );
  }
  assert.match(
    sentenceOf(() => openOnnx(home)),
    /it is a directory, expected an ONNX model/,
  );
  assert.match(
    sentenceOf(() => openOnnx(join(home, "none.onnx"))),
    /none\.onnx: nothing that can be read/,
  );
});

test("operators that networks of ours do not have are refused, and so are old models", () => {
  const w = floats("w", [1, 1], 1);
  assert.match(
    refusal([gemm, nodeProto("LSTM", ["y"], "z")], [w]),
    /: operator LSTM z, expected convolutions/,
  );
  const foreign = create(ModelProtoSchema, { graph: { node: [nodeProto("QLinearAdd", ["x"], "y")] } }).graph!
    .node[0]!;
  assert.match(
    refusal([{ ...foreign, domain: "com.microsoft" }], []),
    /: operator com\.microsoft\.QLinearAdd y, expected convolutions/,
  );
  assert.match(refusal([gemm], [w], 11), /: opset 11, expected opset 13 or newer/);
});

test("tensors that are missing, of other sizes or types, or no numbers are refused", () => {
  const w = floats("w", [1, 2], 1, 2);
  const { rawData } = w;
  assert.match(
    refusal([gemm], []),
    /: no tensor w, which Gemm y takes, expected an initializer, or the output/,
  );
  assert.match(
    refusal([gemm], [{ ...w, dims: [1n, 3n] }]),
    /: tensor w of 8 bytes, expected the 12 of its shape \[1, 3\]/,
  );
  assert.match(
    refusal([gemm], [{ ...w, dims: [-1n, 2n] }]),
    /: tensor w of shape \[-1, 2\], expected a shape/,
  );
  assert.match(
    refusal([gemm], [{ ...w, rawData: rawData.slice(0, 7) }]),
    /: tensor w of 7 bytes, expected the 8/,
  );
  assert.match(
    refusal(
      [gemm],
      [create(TensorProtoSchema, { name: "w", dims: [2n, 1n], dataType: DataType.FLOAT, floatData: [1] })],
    ),
    /: tensor w with 1 elements, expected the 2 of its shape/,
  );
  assert.match(
    refusal([gemm], [{ ...w, dataType: DataType.FLOAT16 }]),
    /: tensor w of type FLOAT16, expected one of FLOAT/,
  );
  assert.match(
    refusal([gemm], [floats("w", [1, 1], Number.NaN)]),
    /: NaN at 0 of tensor w, expected finite numbers/,
  );
  assert.match(
    refusal([gemm], [floats("w", [1, 1, 1], 1)]),
    /: Gemm y with weights of \[1, 1, 1\], expected 2 sides/,
  );
  assert.match(
    refusal([nodeProto("Gemm", ["x", "x"], "y")], []),
    /: Gemm y with weights that are computed, expected weights that the file holds/,
  );
  assert.match(
    refusal([nodeProto("Gemm", ["x", "w"], "y", { transB: 1, alpha: { float: 0.5 } })], [w]),
    /: Gemm y with another alpha than 1, expected alpha 1/,
  );
  assert.match(
    refusal([nodeProto("Relu", ["x"], "y")], []),
    /: a model without weights, expected convolutions/,
  );
});

test("scales that are none, or that do not fit, are refused", () => {
  const codes = int8("q", [2, 1], 1, 2);
  const layer = (attributes = {}) => [nodeProto("DequantizeLinear", ["q", "s", "z"], "w", attributes), gemm];
  const zero = int8("z", [], 0);
  assert.match(
    refusal(layer(), [codes, zero, floats("s", [], 0)]),
    /DequantizeLinear w with the scale 0, expected scales above 0/,
  );
  assert.match(
    refusal(layer(), [codes, zero, floats("s", [2], 1, 1)]),
    /DequantizeLinear w with 2 scales and 1 zero points, expected as many of both/,
  );
  assert.match(
    refusal(layer({ axis: 0 }), [codes, int8("z", [3], 0, 0, 0), floats("s", [3], 1, 1, 1)]),
    /DequantizeLinear w with 3 scales along axis 0 of \[2, 1\], expected one for each channel/,
  );
  assert.match(
    refusal(layer({ block_size: 1 }), [codes, int8("z", [2], 0, 0), floats("s", [2], 1, 1)]),
    /DequantizeLinear w with a scale for each block, expected one for the tensor/,
  );
});

test.run();
