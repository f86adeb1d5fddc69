/**
 * @file Tensors: dense float32 and int8 arrays in row order; activations are NHWC, weights OHWI.
 *
 * A fully connected activation is [N, 1, 1, C], so every activation has rank 4 and channels are innermost. The elements
 * of a `Tensor` may be on a device. Those of a `HostTensor`, which `engine.read` returns, are in memory and can be
 * read.
 */
import ndarray, { type NdArray } from "ndarray";
import { internal, problem, RangeflowFailure } from "./errors.ts";
import type { QParams } from "./qparams.ts";

/** Sides of an array, outermost first: [N, H, W, C] for activations, [O, KH, KW, I] for weights. */
export type Shape = readonly number[];

type Numbers = Float32Array | Int8Array;

/** An array by its shape, wherever its elements are. */
type Described<T extends Numbers> = Pick<
  NdArray<T>,
  "dtype" | "shape" | "stride" | "offset" | "size" | "dimension"
>;

/**
 * A float32 tensor, in memory or on a device. Only its engine knows where; `engine.read` brings the elements into
 * memory.
 */
export type Tensor = Described<Float32Array>;

/** A float32 tensor in memory: an `ndarray` view. `elements` gives its numbers. */
export type HostTensor = NdArray<Float32Array>;

/** Int8 codes, in memory or on a device. */
export type Codes = Described<Int8Array>;

/** Int8 codes in memory: an `ndarray` view. */
export type HostCodes = NdArray<Int8Array>;

/** Type that `engine.read` returns for tensors and for codes. */
export type OnHost<T extends Tensor | Codes> = T extends Tensor ? HostTensor : HostCodes;

/** Quantized integers with their parameters: real = scale * (code - zeroPoint). */
export interface QTensor {
  /** Integers, int8. */
  readonly codes: Codes;
  /** Scale and zero point. */
  readonly params: QParams;
}

/** The four sides of an activation or of weights. */
export type Shape4 = readonly [number, number, number, number];

/** A shape as one of four sides; not checked. */
export const sides4 = (shape: Shape): Shape4 => shape as unknown as Shape4;

/** Number of elements of a shape: 1 for a scalar, 0 if any side is 0. */
export const sizeOf = (shape: Shape): number => {
  let size = 1;
  for (const side of shape) size *= side;
  return size;
};

/** A shape as text, e.g. `28x28x1`. */
export const shapeText = (shape: Shape): string => shape.join("x");

/** Whether two shapes have the same sides. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((side, i) => side === b[i]);

/** The views of four sides that `ndarray` makes; arguments are sides, strides and offset. */
type View4<T extends Numbers> = new (data: T, ...where: readonly number[]) => NdArray<T>;

/**
 * Makes `ndarray` views of four sides without looking up the class each time: 40 instead of 230 ns, some hundred times
 * a step.
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
 * Checks that the number of elements matches a shape.
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
 * A float32 tensor in memory over `data`, which is in row order and not copied. As `torch.from_numpy`.
 *
 * @throws `RangeError` if the number of elements does not match `shape`
 * @example
 * tensor(Float32Array.of(1, 2, 3, 4), [1, 2, 2, 1]).shape; // [1, 2, 2, 1]
 */
export const tensor = (data: Float32Array, shape: Shape): HostTensor => {
  checkLength(data, shape);
  return float32View(data, shape);
};

/** Int8 codes in memory over `data`, which is not copied; its length must match `shape`. */
export const codes = (data: Int8Array, shape: Shape): HostCodes => int8View(data, shape);

/**
 * A tensor as its engine sees it, with memory. Not checked, so for engines only; the array of a tensor on a device is
 * empty.
 */
export const inMemory = <T extends Tensor | Codes>(x: T): OnHost<T> => x as unknown as OnHost<T>;

/** Anything that has memory. */
type Stored = Tensor | Codes | NdArray<Float64Array>;

type Memory = { data: Numbers | Float64Array };

const memoryOf = (x: Stored): Memory => x as unknown as Memory;

/** Empty arrays that stand for elements on a device. */
const elsewhere = new WeakSet<object>();

/** Whether the elements of a tensor are on a device, where only its engine can read them. */
export const isOnDevice = (x: Tensor | Codes): boolean => elsewhere.has(memoryOf(x).data);

/** A tensor whose elements are on a device. `standIn` must be a new, empty array; it represents them from now on. */
export function deviceTensor(standIn: Float32Array, shape: Shape): Tensor;
export function deviceTensor(standIn: Int8Array, shape: Shape): Codes;
export function deviceTensor(standIn: Numbers, shape: Shape): Tensor | Codes {
  elsewhere.add(standIn);
  return standIn instanceof Int8Array ? int8View(standIn, shape) : float32View(standIn, shape);
}

/** Marks a tensor as moved to a device, with a new stand-in for its elements. */
export const moveToDevice = (x: Tensor): void => {
  const standIn = new Float32Array(0);
  memoryOf(x).data = standIn;
  elsewhere.add(standIn);
};

/** Whether the memory of a tensor has been released. */
export const isReleased = (x: Stored): boolean => {
  const { data } = memoryOf(x);
  return data.length === 0 && x.size > 0 && !elsewhere.has(data);
};

/** Releases the memory of a tensor, so that a later read fails instead of returning the elements of another tensor. */
export const release = (x: Stored): void => {
  const memory = memoryOf(x);
  memory.data = memory.data.subarray(0, 0);
};

/** Failure of a read after release; most likely a layer reads its gradient twice. */
export const readTooLate = (shape: Shape): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      `a tensor of ${shapeText(shape)}`,
      "read after its memory was freed",
      "each gradient to be read once",
      "a layer that reads its gradient twice saves it first: ctx.save(dy)",
    ),
  );

/** Failure of a read of something that is not a tensor; the types refuse it, but user code may not be type-checked. */
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
 * The elements of a tensor in memory, in row order, as a view without a copy. In a layer: `elements(yield*
 * ctx.read(x))`.
 *
 * @throws `RangeflowFailure` if its memory was released
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

/** The same elements with another shape, without a copy. */
export function reshaped(x: HostTensor, shape: Shape): HostTensor;
export function reshaped(x: Tensor, shape: Shape): Tensor;
export function reshaped(x: Tensor, shape: Shape): Tensor {
  const host = inMemory(x);
  return isOnDevice(x) ? float32View(host.data, shape) : tensor(elements(host), shape);
}
