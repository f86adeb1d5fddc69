/** @file Checks of data in memory. */
import { type Problem, problem, valueText } from "../../core/errors.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";

/** Inputs: float32 values, used unchanged, or bytes, which are normalized. */
export type Inputs = Float32Array | Uint8Array;

/** Targets: classes as integers, or float32 numbers for regression. */
export type Targets = Float32Array | Int32Array | Uint8Array | readonly number[];

/** Samples as a user passes them. */
export interface ArrayPair {
  readonly x: Inputs;
  readonly y: Targets;
}

/** Kind of an object, such as `Float64Array`, or a value as text. */
export const kindOf = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? Object.prototype.toString.call(value).slice(8, -1)
    : valueText(value);

const isSides = (shape: unknown): shape is Shape =>
  Array.isArray(shape) && shape.length === 3 && shape.every(isPositiveInteger);

/** Whether targets are regression targets and not classes. */
export const isRegression = (y: Targets): y is Float32Array => y instanceof Float32Array;

/** Problems with the shape of a sample, or of its target. */
export const shapeProblems = (
  where: string,
  shape: unknown,
  of: string,
  hint?: string,
): readonly Problem[] =>
  isSides(shape)
    ? []
    : [
        problem(
          where,
          valueText(shape),
          `[height, width, channels] of one ${of}, each a positive integer`,
          hint,
        ),
      ];

/** Problem with the first number of inputs that is not finite, if there is one. @param size numbers of one sample */
export const notFinite = (where: string, x: Float32Array | Uint8Array, size: number): readonly Problem[] => {
  const broken = x instanceof Float32Array ? x.findIndex((value) => !Number.isFinite(value)) : -1;
  return broken < 0
    ? []
    : [problem(where, `${x[broken]} in sample ${Math.floor(broken / size)} of x`, "finite numbers")];
};

/** Problems with inputs. */
export const inputProblems = (where: string, x: unknown, size: number): readonly Problem[] => {
  if (!(x instanceof Float32Array || x instanceof Uint8Array))
    return [problem(where, `x is ${kindOf(x)}`, "a Float32Array, or a Uint8Array of bytes")];
  if (x.length === 0) return [problem(where, "x is empty", "at least one sample")];
  if (x.length % size !== 0)
    return [
      problem(
        where,
        `${x.length} numbers in x`,
        `a multiple of ${size}, the numbers of one sample`,
        "check shape",
      ),
    ];
  return notFinite(where, x, size);
};

const classProblems = (
  where: string,
  y: ArrayLike<number>,
  count: number,
  classes: number | undefined,
): readonly Problem[] => {
  if (y.length !== count)
    return [problem(where, `${y.length} classes in y for ${count} samples`, "one for each")];
  for (let n = 0; n < y.length; n++) {
    const label = y[n] as number;
    if (!Number.isSafeInteger(label) || label < 0 || label >= (classes ?? 2 ** 31))
      return [
        problem(
          where,
          `class ${label} of sample ${n}`,
          classes === undefined ? "integers from 0" : `integers from 0 to ${classes - 1}`,
          "numbers to be predicted are a Float32Array",
        ),
      ];
  }
  return [];
};

/** @param size numbers in one target; undefined if any count is valid */
const numberProblems = (
  where: string,
  y: Float32Array,
  count: number,
  size: number | undefined,
): readonly Problem[] => {
  const each = size ?? Math.max(Math.floor(y.length / count), 1);
  if (y.length !== count * each)
    return [
      problem(
        where,
        `${y.length} numbers in y for ${count} samples`,
        size === undefined ? "the same number for each sample" : `${count * each}, ${each} for each`,
      ),
    ];
  const broken = y.findIndex((value) => !Number.isFinite(value));
  return broken < 0
    ? []
    : [problem(where, `${y[broken]} in the target of sample ${Math.floor(broken / each)}`, "finite numbers")];
};

const isTargets = (y: unknown): y is Targets =>
  y instanceof Float32Array || y instanceof Int32Array || y instanceof Uint8Array || Array.isArray(y);

/** Problems with samples. */
export const pairProblems = (
  where: string,
  { x, y }: ArrayPair,
  shape: Shape,
  { classes, targetShape }: { readonly classes: number | undefined; readonly targetShape: Shape | undefined },
): readonly Problem[] => {
  const size = sizeOf(shape);
  const wrong = inputProblems(where, x, size);
  if (wrong.length > 0) return wrong;
  if (!isTargets(y))
    return [problem(where, `y is ${kindOf(y)}`, "an Int32Array of classes, or a Float32Array of numbers")];
  const count = x.length / size;
  if (!isRegression(y))
    return targetShape === undefined
      ? classProblems(where, y, count, classes)
      : [problem(where, `classes in y (${kindOf(y)}) with targetShape`, "a Float32Array of numbers")];
  if (classes !== undefined)
    return [problem(where, "y is Float32Array with classes", "an Int32Array, or no classes")];
  return numberProblems(where, y, count, targetShape && sizeOf(targetShape));
};

/** Problem with a test array whose type differs from the training array's. */
const kindProblems = (where: string, what: string, train: unknown, test: unknown): readonly Problem[] =>
  kindOf(train) === kindOf(test)
    ? []
    : [problem(where, `${what} is ${kindOf(test)}`, `${kindOf(train)}, as in training`)];

/** Problem with test inputs that are floats where the training inputs are bytes, or the other way round. */
export const testInputProblems = (where: string, train: Inputs, test: Inputs): readonly Problem[] =>
  kindProblems(where, "x", train, test);

/** Problems with test samples next to the training samples, given that each array is valid by itself. */
export const testProblems = (train: ArrayPair, test: ArrayPair): readonly Problem[] => [
  ...testInputProblems("fromArrays, test", train.x, test.x),
  ...(isRegression(train.y) === isRegression(test.y)
    ? []
    : kindProblems("fromArrays, test", "y", train.y, test.y)),
];

/** Problems with the number of classes, or their names. */
export const classesProblems = (classes: unknown): readonly Problem[] => {
  const isNames = Array.isArray(classes) && classes.every((name) => typeof name === "string");
  const count = isNames ? classes.length : classes;
  return classes === undefined || (Number.isSafeInteger(count) && (count as number) >= 2)
    ? []
    : [problem("fromArrays, classes", valueText(classes), "their number, or their names; at least 2")];
};
