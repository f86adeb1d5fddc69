/** @file ONNX files that are refused: in a sentence, whatever is wrong with them. */
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
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { writeModel } from "../../../pipelines/onnx/writing/writeModel.ts";
import { golden } from "../../support/golden.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { everyNode } from "./graphs.ts";
import { floats, gemm, home, int8, weightsIn, written } from "./models.ts";

const test = suite("refused ONNX files");

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
    "w\0.bin",
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
    /v\.bin: no such file or directory/,
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
    /a directory, expected an ONNX model/,
  );
  assert.match(
    sentenceOf(() => openOnnx(join(home, "none.onnx"))),
    /none\.onnx: no such file or directory/,
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
    refusal([gemm], [{ ...w, dataType: DataType.FLOAT8E4M3FN }]),
    /: tensor w of type FLOAT8E4M3FN, expected one of FLOAT/,
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
    /: Gemm y with computed weights, expected weights that the file contains/,
  );
  assert.match(
    refusal([nodeProto("Gemm", ["x", "w"], "y", { transB: 1, alpha: { float: 0.5 } })], [w]),
    /: Gemm y with alpha other than 1, expected alpha 1/,
  );
  const exact = join(home, "exact.onnx");
  writeFileSync(
    exact,
    writeModel(everyNode, { batchNorm: "separate", form: "exact", metadata: { form: "exact" } }),
  );
  assert.match(
    sentenceOf(() => openOnnx(exact)),
    /a model whose weights have their scales elsewhere, expected one in QDQ form; export it without --exact/,
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
    /DequantizeLinear w with 2 scales and 1 zero points, expected one zero point for each scale/,
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

test("two tensors of one name are refused, whoever makes them", () => {
  const w = floats("w", [1, 1], 1);
  const said = /: two tensors named w, expected a unique name for each; /;
  assert.match(refusal([gemm], [w, floats("w", [1, 1], 2)]), said);
  assert.match(refusal([nodeProto("Identity", ["x"], "w"), gemm], [w]), said);
  assert.match(
    refusal([gemm, nodeProto("Identity", ["y"], "x")], [w]),
    /: two tensors named x, expected a unique name for each; /,
  );
});

test("numbers that the type of a tensor does not have are refused", () => {
  const layer = [nodeProto("DequantizeLinear", ["q", "s"], "w"), gemm];
  const codes = (dataType: DataType, ...int32Data: readonly number[]): string =>
    refusal(layer, [
      create(TensorProtoSchema, { name: "q", dataType, dims: [1n, 2n], int32Data: [...int32Data] }),
      floats("s", [], 1),
    ]);
  assert.match(
    codes(DataType.INT8, 1, 300),
    /: tensor q of type INT8 with 300, expected numbers from -128 to 127/,
  );
  assert.match(
    codes(DataType.UINT8, 1, -1),
    /: tensor q of type UINT8 with -1, expected numbers from 0 to 255/,
  );
  assert.match(codes(DataType.INT4, 256), /: tensor q of type INT4 with 256, expected numbers from 0 to 255/);
  assert.match(
    codes(DataType.BFLOAT16, 65536, 0),
    /: tensor q of type BFLOAT16 with 65536, expected numbers from 0 to 65535/,
  );
  assert.match(codes(DataType.INT8, 1), /: tensor q of 1 bytes, expected the 2 of its shape/);
});

test("a zero point of another type than its codes is refused", () => {
  const zero = create(TensorProtoSchema, { name: "z", dataType: DataType.UINT8, rawData: Uint8Array.of(0) });
  const tensors = [int8("q", [1, 1], 1), floats("s", [], 1), zero];
  const said = /: DequantizeLinear \w+ with a zero point of UINT8 and codes of INT8, expected one type/;
  assert.match(refusal([nodeProto("DequantizeLinear", ["q", "s", "z"], "w"), gemm], tensors), said);
  const ofActivation = [
    nodeProto("QuantizeLinear", ["x", "s", "z8"], "xq"),
    nodeProto("Flatten", ["xq"], "xf"),
    nodeProto("DequantizeLinear", ["xf", "s", "z"], "xd"),
    nodeProto("Gemm", ["xd", "w"], "y", { transB: 1 }),
  ];
  const others = [floats("s", [], 1), zero, int8("z8", [], 0), floats("w", [1, 1], 1)];
  assert.match(refusal(ofActivation, others), said);
  assert.match(
    refusal(
      [
        nodeProto("QuantizeLinear", ["w", "s", "z"], "wq", { output_dtype: DataType.INT8 }),
        nodeProto("DequantizeLinear", ["wq", "s", "z"], "wd"),
        nodeProto("Gemm", ["x", "wd"], "y", { transB: 1 }),
      ],
      [floats("w", [1, 1], 1), floats("s", [], 1), zero],
    ),
    /: QuantizeLinear wq with a zero point of UINT8 and codes of INT8, expected one type/,
  );
});

test("a kernel_shape that is not that of the weights is refused", () => {
  const conv = nodeProto("Conv", ["x", "w"], "y", { kernel_shape: [9, 9] });
  assert.match(
    refusal([conv], [floats("w", [1, 1, 1, 2], 1, 2)]),
    /: Conv y with kernel_shape \[9, 9\], expected \[1, 2\], the sides of its weights/,
  );
});

test("codes that metadata have for a grid are a JSON object of codes that its type has", () => {
  const nodes = [nodeProto("DequantizeLinear", ["w_quantized", "s", "z"], "w"), gemm];
  const tensors = [int8("w_quantized", [1, 1], 1), floats("s", [], 1), int8("z", [], 0)];
  const said = (codeRanges: string): string =>
    sentenceOf(() => openOnnx(written(nodes, tensors, 21, { codeRanges })));
  for (const [text, found] of [
    ["[1", "[1"],
    ["null", "null"],
    ["{}", "{}"],
    ['{"w":[1]}', "[1] for w"],
    ['{"w":[1,1]}', "[1,1] for w"],
    ['{"w":[0.5,1]}', "[0.5,1] for w"],
    ['{"w":["a",1]}', '["a",1] for w'],
  ] as const)
    assert.ok(
      said(text).includes(`: metadata codeRanges with ${found}, expected a JSON object such as `),
      text,
    );
  assert.match(
    said('{"w":[-129,7]}'),
    /: codes of w from -129 to 7, expected codes of its type, from -128 to 127; /,
  );
});

test.run();
