/**
 * @file Tensors: dense float32 and int8 arrays, row by row, activations as NHWC and weights as OHWI.
 *
 * A fully connected activation is [N, 1, 1, C], so every activation has rank 4 and channels are innermost. A `Tensor` may have its
 * elements on a device; of a `HostTensor`, which `engine.read` gives, they are in memory, and only those can be looked at.
 */
import ndarray, { type NdArray } from "ndarray";
import { internal, problem, RangeflowFailure } from "./errors.ts";
import type { QParams } from "./qparams.ts";

/** Sides of an array, outermost first: [N, H, W, C] of activations, [O, H, W, I] of weights. */
export type Shape = readonly number[];

type Numbers = Float32Array | Int8Array;

/** An array by its shape, wherever its elements are. */
type Described<T extends Numbers> = Pick<
  NdArray<T>,
  "dtype" | "shape" | "stride" | "offset" | "size" | "dimension"
>;

/** Float32 numbers, in memory or on a device. Only its engine knows where, and `engine.read` brings its elements into memory. */
export type Tensor = Described<Float32Array>;

/** Float32 numbers in memory: an `ndarray` view. */
export type HostTensor = NdArray<Float32Array>;

/** Int8 codes, in memory or on a device. */
export type Codes = Described<Int8Array>;

/** Int8 codes in memory: an `ndarray` view. */
export type HostCodes = NdArray<Int8Array>;

/** Type that `engine.read` gives for tensors and for codes. */
export type OnHost<T extends Tensor | Codes> = T extends Tensor ? HostTensor : HostCodes;

/** Integers with what they stand for: real = scale * (code - zeroPoint). */
export interface QTensor {
  readonly codes: Codes;
  readonly params: QParams;
}

/** The four sides of an activation or of weights. */
export type Shape4 = readonly [number, number, number, number];

/** A shape that is known to have four sides. */
export const sides4 = (shape: Shape): Shape4 => shape as unknown as Shape4;

/** Number of elements of a shape; 1 for a scalar, 0 as soon as one side is 0. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const side of shape) size *= side;
  return size;
};

/** `28x28x1`, as people write shapes. */
export const shapeText = (shape: Shape): string => shape.join("x");

/** Whether two shapes have the same sides. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i]);

/** The views of four sides that `ndarray` makes: sides, strides and offset, one after the other. */
type View4<T extends Numbers> = new (data: T, ...where: readonly number[]) => NdArray<T>;

/**
 * View by `ndarray` of four sides on an array of one kind, without looking up each time of which: 230 to 40 ns, some
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
 * A float32 tensor in memory, over `data`, which is not copied.
 *
 * @throws `RangeError` if `data` does not have as many elements as `shape` says
 * @example
 * tensor(Float32Array.of(1, 2, 3, 4), [1, 2, 2, 1]).shape; // [1, 2, 2, 1]
 */
export const tensor = (data: Float32Array, shape: Shape): HostTensor => {
  checkLength(data, shape);
  return float32View(data, shape);
};

/** Int8 codes in memory, over `data`, which is not copied and must have as many elements as `shape` says. */
export const codes = (data: Int8Array, shape: Shape): HostCodes => int8View(data, shape);

/**
 * A tensor as the engine sees it that holds its memory: unchecked, so for engines only. The array of one that is on a device is empty.
 */
export const inMemory = <T extends Tensor | Codes>(x: T): OnHost<T> => x as unknown as OnHost<T>;

/** Whatever has memory. */
type Stored = Tensor | Codes | NdArray<Float64Array>;

type Memory = { data: Numbers | Float64Array };

const memoryOf = (x: Stored): Memory => x as unknown as Memory;

/** Empty arrays that stand for elements that a device holds. */
const elsewhere = new WeakSet<object>();

/** Whether the elements of a tensor are on a device, where only its engine can read them. */
export const isOnDevice = (x: Tensor | Codes): boolean => elsewhere.has(memoryOf(x).data);

/** A tensor whose elements a device holds; `standIn`, which must be empty and new, stands for them from now on. */
export function deviceTensor(standIn: Float32Array, shape: Shape): Tensor;
export function deviceTensor(standIn: Int8Array, shape: Shape): Codes;
export function deviceTensor(standIn: Numbers, shape: Shape): Tensor | Codes {
  elsewhere.add(standIn);
  return standIn instanceof Int8Array ? int8View(standIn, shape) : float32View(standIn, shape);
}

/** Says that the elements of a tensor are on a device from now on, under a stand-in of their own. */
export const moveToDevice = (x: Tensor): void => {
  const standIn = new Float32Array(0);
  memoryOf(x).data = standIn;
  elsewhere.add(standIn);
};

/** Whether the memory of a tensor has been given back: nothing of it is left. */
export const isReleased = (x: Stored): boolean => {
  const { data } = memoryOf(x);
  return data.length === 0 && x.size > 0 && !elsewhere.has(data);
};

/** Takes its memory from a tensor, so that whoever reads it later gets an error and not the elements of another one. */
export const release = (x: Stored): void => {
  const memory = memoryOf(x);
  memory.data = memory.data.subarray(0, 0);
};

/** Failure of a read after the release; most likely a layer reads its gradient twice. */
export const readTooLate = (shape: Shape): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `a tensor of ${shapeText(shape)}`,
      "read after its memory was freed",
      "each gradient to be read once",
      "a layer that reads its gradient twice saves it first: ctx.save(dy)",
    ),
  );

/** Failure of a read of something else; types refuse it, but not everybody's code is checked by them. */
const noTensor = (): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      "elements",
      "a value that is not a tensor in memory",
      "a tensor whose numbers have been read",
      "in a layer: elements(yield* ctx.read(x))",
    ),
  );

/**
 * The elements of a tensor in memory, in row order, as a view without a copy.
 *
 * @throws `RangeflowFailure` if its memory was given back
 * @example
 * elements(tensor(Float32Array.of(1, 2), [1, 1, 1, 2])); // [1, 2]
 */
export function elements(x: HostTensor): Float32Array;
export function elements(x: HostCodes): Int8Array;
export function elements(x: HostTensor | HostCodes): Numbers;
export function elements(x: HostTensor | HostCodes): Numbers {
  if (x?.data === undefined) throw noTensor();
  if (x.data.length === x.size) return x.data;
  if (isReleased(x)) throw readTooLate(x.shape);
  if (isOnDevice(x))
    throw internal(`a tensor of ${shapeText(x.shape)} is on a device, and was not read from it`);
  return x.data.subarray(x.offset, x.offset + x.size);
}

/** The same elements under another shape, without a copy. */
export function reshaped(x: HostTensor, shape: Shape): HostTensor;
export function reshaped(x: Tensor, shape: Shape): Tensor;
export function reshaped(x: Tensor, shape: Shape): Tensor {
  const host = inMemory(x);
  return isOnDevice(x) ? float32View(host.data, shape) : tensor(elements(host), shape);
}
