/** @file Packing of codes to the float32 operands of the kernel, and of its partial sums to sums. Floats hold code - zeroPoint. */
import { elements, inMemory, type QTensor, type Shape, sizeOf } from "../../tensor.ts";
import type { RowsPerThread } from "./kernel.ts";
import type { Frame, Part, Plan } from "./plan.ts";

/** `count` samples of an NHWC tensor, starting with sample `first`. */
export interface Slice {
  readonly first: number;
  readonly count: number;
}

/** code - zeroPoint of all elements, in order. A zero point per channel applies to the first side. */
export const centred = ({ codes, params }: QTensor): Float32Array => {
  const perChannel = codes.size / params.zeroPoint.length;
  const out = Float32Array.from(elements(inMemory(codes)));
  params.zeroPoint.forEach((zeroPoint, channel) => {
    if (zeroPoint === 0) return;
    const end = (channel + 1) * perChannel;
    for (let i = channel * perChannel; i < end; i++) out[i] = (out[i] as number) - zeroPoint;
  });
  return out;
};

/** The samples of an image operand with a single zero point, each in its frame of zeros. */
export const framed = ({ codes, params }: QTensor, { first, count }: Slice, frame: Frame): Float32Array => {
  const [, h, w, c] = codes.shape as [number, number, number, number];
  const zeroPoint = params.zeroPoint[0] as number;
  const source = elements(inMemory(codes));
  const out = new Float32Array(count * frame.height * frame.width * c);
  for (let n = 0; n < count; n++)
    for (let y = 0; y < h; y++) {
      let from = ((first + n) * h + y) * w * c;
      let to = ((n * frame.height + frame.top + y) * frame.width + frame.left) * c;
      for (const end = from + w * c; from < end; ) out[to++] = (source[from++] as number) - zeroPoint;
    }
  return out;
};

/** The samples of an operand in row order, padded with zeros to `length`. */
export const listed = ({ codes, params }: QTensor, { first, count }: Slice, length: number): Float32Array => {
  const perSample = sizeOf(codes.shape.slice(1) as Shape);
  const zeroPoint = params.zeroPoint[0] as number;
  const source = elements(inMemory(codes)).subarray(first * perSample, (first + count) * perSample);
  const out = new Float32Array(length);
  for (let i = 0; i < source.length; i++) out[i] = (source[i] as number) - zeroPoint;
  return out;
};

/** Elements of `values` at the addresses `from`, padded with zeros to `length`. */
export const gathered = (values: Float32Array, from: Int32Array, length: number): Float32Array => {
  const out = new Float32Array(length);
  for (let i = 0; i < from.length; i++) out[i] = values[from[i] as number] as number;
  return out;
};

/** Addresses as float32, exact below 2^24, padded with the last one to `length`. */
export const table = (from: Int32Array, length: number): Float32Array =>
  new Float32Array(length).fill(from[from.length - 1] as number).map((last, i) => from[i] ?? last);

/** Output of the kernel: [chunks][rows][columns] numbers, or [chunks][rows / 4][columns] of four rows each. */
export type Partials = readonly (readonly (Float32Array | readonly Float32Array[])[])[];

/** Adds the partial sums of one part to `sums`, in which the elements of this slice begin at `start`. */
export const addPartials = (
  sums: Int32Array | Float64Array,
  start: number,
  { rowStep, columnStep }: Pick<Plan, "rowStep" | "columnStep">,
  { to, column }: Part,
  rowsPerThread: RowsPerThread,
  partials: Partials,
): void => {
  const columns = column.length;
  for (const chunk of partials)
    for (let row = 0; row < to.length; row++) {
      const line = chunk[Math.floor(row / rowsPerThread)] as Float32Array | readonly Float32Array[];
      let at = start + (to[row] as number) * rowStep;
      for (let c = 0; c < columns; c++, at += columnStep) {
        const value = rowsPerThread === 1 ? line[c] : (line[c] as Float32Array)[row % rowsPerThread];
        sums[at] = (sums[at] as number) + (value as number);
      }
    }
};
