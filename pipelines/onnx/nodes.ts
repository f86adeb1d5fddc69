/** @file Nodes of an ONNX graph and their attributes. */
import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  type NodeProto,
  NodeProtoSchema,
} from "./proto/onnx_pb.ts";

/** Value of an attribute: a list of integers, a text, or a number, which is written as float32 if it is `{ float }`. */
export type AttributeValue = number | string | readonly number[] | { readonly float: number };

const attributeProto = (name: string, value: AttributeValue): AttributeProto => {
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  if (typeof value === "string")
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  if ("float" in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
};

/** A node with one output, which has the node's name. An empty input stands for an optional one that is left out. */
export const nodeProto = (
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Readonly<Record<string, AttributeValue>> = {},
): NodeProto =>
  create(NodeProtoSchema, {
    opType,
    name: output,
    input: [...input],
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attributeProto(name, value)),
  });
