/** @file Tensors of ONNX files as numbers, however they are stored. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { type Shape, sizeOf } from "../../../core/tensor.ts";
import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type TensorProto,
} from "../proto/onnx_pb.ts";
import { externalBytes } from "./externalData.ts";

/** A tensor with its elements as numbers. */
export interface Numbers {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** How elements of a type are stored. */
interface Stored {
  readonly bits: number;
  /** Element i of little-endian bytes. */
  readonly read: (bytes: DataView, i: number) => number;
  /** Field that holds elements, one a number, where they are no raw bytes. */
  readonly field: "floatData" | "doubleData" | "int32Data" | "int64Data";
}

const nibble = (bytes: DataView, i: number): number => (bytes.getUint8(i >> 1) >> (i % 2 === 0 ? 0 : 4)) & 15;

const stored: Partial<Readonly<Record<DataType, Stored>>> = {
  [DataType.FLOAT]: { bits: 32, field: "floatData", read: (bytes, i) => bytes.getFloat32(4 * i, true) },
  [DataType.DOUBLE]: { bits: 64, field: "doubleData", read: (bytes, i) => bytes.getFloat64(8 * i, true) },
  [DataType.INT32]: { bits: 32, field: "int32Data", read: (bytes, i) => bytes.getInt32(4 * i, true) },
  [DataType.INT64]: {
    bits: 64,
    field: "int64Data",
    read: (bytes, i) => Number(bytes.getBigInt64(8 * i, true)),
  },
  [DataType.INT8]: { bits: 8, field: "int32Data", read: (bytes, i) => bytes.getInt8(i) },
  [DataType.UINT8]: { bits: 8, field: "int32Data", read: (bytes, i) => bytes.getUint8(i) },
  [DataType.INT4]: { bits: 4, field: "int32Data", read: (bytes, i) => (nibble(bytes, i) << 28) >> 28 },
  [DataType.UINT4]: { bits: 4, field: "int32Data", read: nibble },
};

/** Types of codes, with their least and greatest. */
const codeEnds: Partial<Readonly<Record<DataType, readonly [least: number, greatest: number]>>> = {
  [DataType.INT8]: [-128, 127],
  [DataType.UINT8]: [0, 255],
  [DataType.INT4]: [-8, 7],
  [DataType.UINT4]: [0, 15],
};

/** Least and greatest code of a type; undefined where it is none of codes that ranges can be made of. */
export const endsOfCodes = (dataType: number): readonly [least: number, greatest: number] | undefined =>
  codeEnds[dataType as DataType];

/** Name of a type, for sentences. */
export const typeText = (dataType: number): string => DataType[dataType] ?? `number ${dataType}`;

/** Bytes that hold elements of 4 bits, two a number, as `int32_data` has them. */
const repacked = ({ int32Data }: TensorProto): Uint8Array => Uint8Array.from(int32Data, (pair) => pair & 255);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The elements of a tensor.
 *
 * @param path of the model, for sentences, and beside which elements may lie
 * @throws `RangeflowFailure` of a type that is none of these, and of more or fewer elements than its shape has
 */
export const readTensor = (path: string, tensor: TensorProto): Numbers => {
  const { name, dims, dataType, rawData, dataLocation } = tensor;
  const refused = (found: string, expected: string, hint?: string) =>
    new RangeflowFailure(problem(path, `tensor ${name} ${found}`, expected, hint));
  const shape = dims.map(Number);
  const count = sizeOf(shape);
  if (!shape.every((side) => side >= 0) || !Number.isSafeInteger(count) || count > 2 ** 31)
    throw refused(`of shape [${shape.join(", ")}]`, "a shape that a file of 2 GB can have");
  const type = stored[dataType as DataType];
  if (type === undefined)
    throw refused(
      `of type ${typeText(dataType)}`,
      `one of ${Object.keys(stored)
        .map((one) => DataType[Number(one)])
        .join(", ")}`,
      "write it as float32",
    );
  const length = Math.ceil((count * type.bits) / 8);
  const isPacked = type.bits === 4 && rawData.length === 0;
  const bytes =
    dataLocation === DataLocation.EXTERNAL
      ? externalBytes(path, tensor, length)
      : isPacked
        ? repacked(tensor)
        : rawData;
  if (bytes.length === 0 && count > 0) {
    const values = Array.from(tensor[type.field], Number);
    if (values.length === count) return { shape, values };
    throw refused(`with ${values.length} elements`, `the ${count} of its shape [${shape.join(", ")}]`);
  }
  if (bytes.length !== length)
    throw refused(`of ${bytes.length} bytes`, `the ${length} of its shape [${shape.join(", ")}]`);
  const view = viewOf(bytes);
  return { shape, values: Float64Array.from({ length: count }, (_, i) => type.read(view, i)) };
};
