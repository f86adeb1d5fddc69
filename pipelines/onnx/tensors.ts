/** @file Tensors of an ONNX file, made from numbers. */
import { create } from "@bufbuild/protobuf";
import type { QParams } from "../../core/qparams.ts";
import type { Shape } from "../../core/tensor.ts";
import { TensorProto_DataType as DataType, type TensorProto, TensorProtoSchema } from "./proto/onnx_pb.ts";

const tensorProto = (
  name: string,
  dataType: DataType,
  shape: Shape,
  rawData: Uint8Array<ArrayBuffer>,
): TensorProto => create(TensorProtoSchema, { name, dataType, dims: shape.map(BigInt), rawData });

/** Little-endian bytes of numbers with `width` bytes each. */
const littleEndian = <T>(
  values: Iterable<T> & { readonly length: number },
  width: number,
  write: (view: DataView, at: number, value: T) => void,
): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(values.length * width);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const value of values) {
    write(view, at, value);
    at += width;
  }
  return bytes;
};

/** A float32 tensor. */
export const floatTensor = (name: string, shape: Shape, values: Float32Array): TensorProto =>
  tensorProto(
    name,
    DataType.FLOAT,
    shape,
    littleEndian(values, 4, (view, at, value) => view.setFloat32(at, value, true)),
  );

/** A tensor of integers, such as the shape for `Reshape`. */
export const int64Tensor = (name: string, values: readonly number[]): TensorProto =>
  tensorProto(
    name,
    DataType.INT64,
    [values.length],
    littleEndian(values, 8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)),
  );

/** Two 4-bit codes per byte, the first one in the low half. */
const packed4 = (codes: Int8Array): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(Math.ceil(codes.length / 2));
  codes.forEach((code, i) => {
    bytes[i >> 1]! |= (code & 15) << (i % 2 === 0 ? 0 : 4);
  });
  return bytes;
};

/** Integer type in which codes of a bit width are stored. */
export const codeTypeOf = (bits: number): DataType.INT4 | DataType.INT8 =>
  bits <= 4 ? DataType.INT4 : DataType.INT8;

/** Smallest and largest code of a stored type. */
export const endsOfType = (
  type: DataType.INT4 | DataType.INT8,
): readonly [least: number, greatest: number] => (type === DataType.INT4 ? [-8, 7] : [-128, 127]);

/** A tensor of codes: int4 up to 4 bits, otherwise int8. */
export const codeTensor = (name: string, shape: Shape, codes: Int8Array, bits: number): TensorProto => {
  const type = codeTypeOf(bits);
  const bytes = type === DataType.INT4 ? packed4(codes) : Uint8Array.from(codes, (code) => code & 255);
  return tensorProto(name, type, shape, bytes);
};

const gridShape = ({ scale }: QParams): Shape => (scale.length === 1 ? [] : [scale.length]);

/** Scale of codes, `NAME_scale`: one number, or one per channel. */
export const scaleTensor = (name: string, params: QParams): TensorProto =>
  floatTensor(`${name}_scale`, gridShape(params), params.scale);

/** Zero point of codes, `NAME_zero_point`: one number, or one per channel. */
export const zeroPointTensor = (name: string, params: QParams): TensorProto =>
  codeTensor(`${name}_zero_point`, gridShape(params), Int8Array.from(params.zeroPoint), params.bits);
