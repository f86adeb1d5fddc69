/** @file Tensors of ONNX files as numbers, however they are stored. */
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { bfloat16, float16 } from "../../../core/float16.ts";
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
  /** Field with one element per number, if there are no raw bytes. */
  readonly field: "floatData" | "doubleData" | "int32Data" | "int64Data";
  /** Smallest and largest number of `int32_data`, if each holds the bits of one element, or of two 4-bit elements. */
  readonly entry?: readonly [least: number, greatest: number];
}

const nibble = (bytes: DataView, i: number): number => (bytes.getUint8(i >> 1) >> (i % 2 === 0 ? 0 : 4)) & 15;

/** Elements of fewer than 32 bits in numbers of `int32_data`. */
const inInt32 = (bits: number, least: number, greatest: number) =>
  ({ bits, field: "int32Data", entry: [least, greatest] }) as const;

const stored: Partial<Readonly<Record<DataType, Stored>>> = {
  [DataType.FLOAT]: { bits: 32, field: "floatData", read: (bytes, i) => bytes.getFloat32(4 * i, true) },
  [DataType.DOUBLE]: { bits: 64, field: "doubleData", read: (bytes, i) => bytes.getFloat64(8 * i, true) },
  [DataType.INT32]: { bits: 32, field: "int32Data", read: (bytes, i) => bytes.getInt32(4 * i, true) },
  [DataType.INT64]: {
    bits: 64,
    field: "int64Data",
    read: (bytes, i) => Number(bytes.getBigInt64(8 * i, true)),
  },
  [DataType.INT8]: { ...inInt32(8, -128, 127), read: (bytes, i) => bytes.getInt8(i) },
  [DataType.UINT8]: { ...inInt32(8, 0, 255), read: (bytes, i) => bytes.getUint8(i) },
  [DataType.INT4]: { ...inInt32(4, 0, 255), read: (bytes, i) => (nibble(bytes, i) << 28) >> 28 },
  [DataType.UINT4]: { ...inInt32(4, 0, 255), read: nibble },
  [DataType.FLOAT16]: {
    ...inInt32(16, 0, 65535),
    read: (bytes, i) => float16(bytes.getUint16(2 * i, true)),
  },
  [DataType.BFLOAT16]: {
    ...inInt32(16, 0, 65535),
    read: (bytes, i) => bfloat16(bytes.getUint16(2 * i, true)),
  },
};

/** Types of codes, with their smallest and largest code. */
const codeEnds: Partial<Readonly<Record<DataType, readonly [least: number, greatest: number]>>> = {
  [DataType.INT8]: [-128, 127],
  [DataType.UINT8]: [0, 255],
  [DataType.INT4]: [-8, 7],
  [DataType.UINT4]: [0, 15],
};

/** Smallest and largest code of a type; undefined for types that are not used as codes. */
export const endsOfCodes = (dataType: number): readonly [least: number, greatest: number] | undefined =>
  codeEnds[dataType as DataType];

/** Name of a type, for messages. */
export const typeText = (dataType: number): string => DataType[dataType] ?? `number ${dataType}`;

/** The raw bytes for numbers of `int32_data` that hold the bits of elements. */
const repacked = ({ int32Data }: TensorProto, { bits }: Stored): Uint8Array =>
  bits === 16
    ? Uint8Array.from(int32Data.flatMap((entry) => [entry & 255, entry >> 8]))
    : Uint8Array.from(int32Data, (entry) => entry & 255);

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The elements of a tensor.
 *
 * @param path path of the model, for messages and for external data
 * @throws `RangeflowFailure` for an unsupported type, and if the number of elements does not match the shape
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
  const { entry } = type;
  const isPacked = entry !== undefined && rawData.length === 0 && dataLocation !== DataLocation.EXTERNAL;
  const odd = isPacked ? tensor.int32Data.find((one) => one < entry[0] || one > entry[1]) : undefined;
  if (entry !== undefined && odd !== undefined)
    throw refused(`of type ${typeText(dataType)} with ${odd}`, `numbers from ${entry[0]} to ${entry[1]}`);
  const bytes =
    dataLocation === DataLocation.EXTERNAL
      ? externalBytes(path, tensor, length)
      : isPacked
        ? repacked(tensor, type)
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
