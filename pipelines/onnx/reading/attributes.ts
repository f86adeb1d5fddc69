/** @file Attributes of nodes: integers, numbers, lists of them, and the tensors of `Constant` nodes. */
import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  TensorProto_DataType as DataType,
  type NodeProto,
  type TensorProto,
  TensorProtoSchema,
} from "../proto/onnx_pb.ts";

const attributeOf = ({ attribute }: NodeProto, name: string): AttributeProto | undefined =>
  attribute.find((one) => one.name === name);

/** Integer attribute. */
export const intAttribute = (node: NodeProto, name: string, fallback: number): number => {
  const found = attributeOf(node, name);
  return found === undefined ? fallback : Number(found.i);
};

/** Float32 attribute. */
export const floatAttribute = (node: NodeProto, name: string, fallback: number): number =>
  attributeOf(node, name)?.f ?? fallback;

/** Attribute that is a list of integers. */
export const intsAttribute = (
  node: NodeProto,
  name: string,
  fallback: readonly number[],
): readonly number[] => attributeOf(node, name)?.ints.map(Number) ?? fallback;

/** Text attribute. */
export const textAttribute = (node: NodeProto, name: string, fallback: string): string => {
  const found = attributeOf(node, name);
  return found === undefined ? fallback : new TextDecoder().decode(found.s);
};

/** The tensor of a `Constant` node under the name of its output; empty for texts and sparse tensors. */
export const constantTensors = (node: NodeProto): readonly TensorProto[] => {
  const [name] = node.output;
  if (node.opType !== "Constant" || name === undefined) return [];
  return node.attribute.flatMap(({ name: kind, t, f, floats, i, ints }): TensorProto[] => {
    const floatTensor = (dims: bigint[], floatData: number[]) =>
      create(TensorProtoSchema, { name, dataType: DataType.FLOAT, dims, floatData });
    const intTensor = (dims: bigint[], int64Data: bigint[]) =>
      create(TensorProtoSchema, { name, dataType: DataType.INT64, dims, int64Data });
    switch (kind) {
      case "value":
        return t === undefined ? [] : [{ ...t, name }];
      case "value_float":
        return [floatTensor([], [f])];
      case "value_floats":
        return [floatTensor([BigInt(floats.length)], floats)];
      case "value_int":
        return [intTensor([], [i])];
      case "value_ints":
        return [intTensor([BigInt(ints.length)], ints)];
      default:
        return [];
    }
  });
};
