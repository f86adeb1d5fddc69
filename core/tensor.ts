/**
 * @file Tensors: dense float32 and int8 `ndarray` views, row by row, activations as NHWC and weights as OHWI.
 *
 * A fully connected activation is [N, 1, 1, C], so every activation has rank 4 and channels are innermost.
 */
import ndarray, { type NdArray } from "ndarray";
import { internal, problem, RangeflowFailure } from "./errors.ts";
import type { QParams } from "./qparams.ts";

export type Tensor = NdArray<Float32Array>;
export type Codes = NdArray<Int8Array>;
export type Shape = readonly number[];

/** Integers with what they stand for: real = scale * (code - zeroPoint). */
export interface QTensor {
  readonly codes: Codes;
  readonly params: QParams;
}

/** Number of elements of a shape; 1 for a scalar, 0 as soon as one side is 0. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const side of shape) size *= side;
  return size;
};

/** `28x28x1`, as people write shapes. */
export const shapeText = (shape: Shape): string => shape.join("x");

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i]);

type Numbers = Float32Array | Int8Array;

/** The views of four sides that `ndarray` makes: sides, strides and offset, one after the other. */
type View4<T extends Numbers> = new (data: T, ...where: readonly number[]) => NdArray<T>;

/**
 * What `ndarray` makes of four sides of an array of one kind, without looking up each time of which: 230 to 40 ns, some
 * hundred times a step.
 */
const view4 = <T extends Numbers>(none: T): ((data: T, shape: Shape) => NdArray<T>) => {
  const View = ndarray(none, [0, 0, 0, 0]).constructor as unknown as View4<T>;
  return (data, shape) => {
    if (shape.length !== 4) return ndarray(data, [...shape]);
    const [n, h, w, c] = shape as [number, number, number, number];
    return new View(data, n, h, w, c, h * w * c, w * c, c, 1, 0);
  };
};

const float32View = view4<Float32Array>(new Float32Array(0));
const int8View = view4<Int8Array>(new Int8Array(0));

/**
 * Refuses data of another length than its shape says.
 *
 * @throws `RangeError`
 */
export const checkLength = ({ length }: ArrayLike<number>, shape: Shape): void => {
  if (length !== sizeOf(shape))
    throw new RangeError(
      `tensor: ${length} elements for shape ${shapeText(shape)}, expected ${sizeOf(shape)}; reshape or slice the data first.`,
    );
};

/**
 * A float32 tensor over `data`.
 *
 * @throws `RangeError` if `data` does not have as many elements as `shape` says
 */
export const tensor = (data: Float32Array, shape: Shape): Tensor => {
  checkLength(data, shape);
  return float32View(data, shape);
};

/** Int8 codes over `data`, which must have as many elements as `shape` says. */
export const codes = (data: Int8Array, shape: Shape): Codes => int8View(data, shape);

/** Any of them, as memory. */
interface Held {
  data: Numbers | Float64Array;
  readonly size: number;
}

/** Empty arrays that stand for elements that a device holds. */
const elsewhere = new WeakSet<object>();

/** Whether the elements of a tensor are on a device, where only its engine can read them. */
export const isAbsent = ({ data }: Pick<Held, "data">): boolean => elsewhere.has(data);

/** A tensor whose elements a device holds; `standIn`, which must be empty and new, stands for them from now on. */
export const absent = <T extends Numbers>(standIn: T, shape: Shape): NdArray<T> => {
  elsewhere.add(standIn);
  return (
    standIn instanceof Int8Array ? int8View(standIn, shape) : float32View(standIn, shape)
  ) as NdArray<T>;
};

/** Says that the elements of a tensor are on a device from now on, under a stand-in of their own. */
export const leave = (x: Tensor): void => {
  (x as { data: Float32Array }).data = new Float32Array(0);
  elsewhere.add(x.data);
};

/** Whether the memory of a tensor has been given back: nothing of it is left. */
export const isReleased = ({ data, size }: Held): boolean =>
  data.length === 0 && size > 0 && !elsewhere.has(data);

/** Takes its memory from a tensor, so that whoever reads it later is told so, and does not read another one. */
export const release = (x: Held): void => {
  x.data = x.data.subarray(0, 0);
};

/** What whoever reads a released tensor is told: most likely a layer reads its gradient twice. */
export const readTooLate = (shape: Shape): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `a tensor of ${shapeText(shape)}`,
      "read after its memory was given back",
      "gradients to be read once",
      "a layer that reads its gradient twice keeps it first: kept(dy)",
    ),
  );

/** The elements of a dense tensor in row order, as a view without a copy. Those that a device holds are read by its engine first. */
export const elements = <T extends Numbers>(x: NdArray<T>): T => {
  if (x.data.length === x.size) return x.data;
  if (isReleased(x)) throw readTooLate(x.shape);
  if (isAbsent(x))
    throw internal(`a tensor of ${shapeText(x.shape)} is on a device, and was not read from it`);
  return x.data.subarray(x.offset, x.offset + x.size) as T;
};

/** The same elements under another shape, without a copy. */
export const reshaped = (x: Tensor, shape: Shape): Tensor =>
  isAbsent(x) ? float32View(x.data, shape) : tensor(elements(x), shape);
