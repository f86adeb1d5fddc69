/** @file ONNX files made by hand, for specs of whoever reads them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import * as assert from "uvu/assert";
import { nodeProto } from "../../../pipelines/onnx/nodes.ts";
import { ModelProtoSchema, type NodeProto, type TensorProto } from "../../../pipelines/onnx/proto/onnx_pb.ts";
import { openOnnx } from "../../../pipelines/onnx/reading/openOnnx.ts";
import { codeTensor, floatTensor } from "../../../pipelines/onnx/tensors.ts";
import { scratch } from "../files/scratch.ts";

/** Directory of the models. */
export const home = scratch();

export const floats = (name: string, shape: readonly number[], ...values: readonly number[]): TensorProto =>
  floatTensor(name, shape, Float32Array.from(values));

export const int8 = (name: string, shape: readonly number[], ...codes: readonly number[]): TensorProto =>
  codeTensor(name, shape, Int8Array.from(codes), 8);

/** Path of a model of these nodes and tensors, whose input is x. */
export const written = (
  node: readonly NodeProto[],
  initializer: readonly TensorProto[],
  opset = 21,
  metadata: Readonly<Record<string, string>> = {},
): string => {
  const path = join(home, "model.onnx");
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: { name: "by hand", node: [...node], initializer: [...initializer], input: [{ name: "x" }] },
  });
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  return path;
};

export const gemm = nodeProto("Gemm", ["x", "w"], "y", { transB: 1 });

export const weightsIn = (
  path: string,
  name: string,
): readonly [shape: readonly number[], values: readonly number[]] => {
  const tensor = openOnnx(path).tensors.get(name);
  assert.ok(tensor, [...openOnnx(path).tensors.keys()].join(", "));
  return [tensor.shape, [...tensor.read()]];
};
