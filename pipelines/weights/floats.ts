/** @file Converts little-endian numbers of 16 and 64 bits to float32. */
import { bfloat16, float16 } from "../../core/float16.ts";

/** Reads numbers of one type. */
interface FloatType {
  /** Bytes per number. */
  readonly size: number;
  readonly read: (bytes: DataView, at: number) => number;
}

/** Float types that become float32; only F64 is rounded. */
export const floatTypes: Readonly<Record<string, FloatType>> = {
  F32: { size: 4, read: (bytes, at) => bytes.getFloat32(at, true) },
  F64: { size: 8, read: (bytes, at) => bytes.getFloat64(at, true) },
  F16: { size: 2, read: (bytes, at) => float16(bytes.getUint16(at, true)) },
  BF16: { size: 2, read: (bytes, at) => bfloat16(bytes.getUint16(at, true)) },
};

/** Writes numbers of a type as float32, starting at `at`. The bytes must be aligned for float32. */
export const intoFloat32 = (type: FloatType, bytes: Uint8Array, out: Float32Array, at: number): void => {
  const { size, read } = type;
  if (type === floatTypes.F32) {
    out.set(new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / size), at);
    return;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < bytes.byteLength / size; i++) out[at + i] = read(view, i * size);
};
