/** @file Small tensors for specs: given, counted up, or drawn from a seed. */
import * as E from "fp-ts/lib/Either.js";
import { affine, type QParams, symmetric } from "../../core/qparams.ts";
import { branch, key, normal, randomBits } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import { codes, type HostCodes, type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";

/** A tensor [1, 1, 1, C] of just these numbers. */
export const row = (...values: readonly number[]): HostTensor =>
  tensor(Float32Array.from(values), [1, 1, 1, values.length]);

/** A tensor whose elements come from their index. */
export const filled = (shape: Shape, f: (i: number) => number): HostTensor =>
  tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
    shape,
  );

/** Normal numbers; the same name gives the same numbers. */
export const gaussian = (shape: Shape, name: string, deviation = 1): HostTensor => {
  const k = branch(key(1), name);
  return filled(shape, (i) => deviation * normal(k, i));
};

/** Whole numbers from -most to most. */
export const integers = (shape: Shape, name: string, most: number): HostTensor => {
  const k = branch(key(2), name);
  return filled(shape, (i) => (randomBits(k, i) % (2 * most + 1)) - most);
};

/** Codes that take every value of int8. */
export const someCodes = (shape: Shape, name: string): HostCodes => {
  const k = branch(key(3), name);
  return codes(
    Int8Array.from({ length: sizeOf(shape) }, (_, i) => randomBits(k, i)),
    shape,
  );
};

/** Parameters made by hand; one entry, or one for each channel. */
export const params = (scale: readonly number[], zeroPoint: readonly number[]): QParams => ({
  bits: 8,
  qmin: -128,
  qmax: 127,
  scale: Float32Array.from(scale),
  zeroPoint: Int32Array.from(zeroPoint),
});

const right = <T>(value: E.Either<unknown, T>): T => {
  if (E.isLeft(value)) throw new Error(`expected a value, found ${JSON.stringify(value.left)}`);
  return value.right;
};

export const affineGrid = (range: Range, bits = 8): QParams => right(affine("spec", bits)(range));
export const symmetricGrid = (range: Range, bits = 8): QParams => right(symmetric("spec", bits)(range));

/** Each number with its float32 neighbours, of either sign, and what is odd. */
export const besides = (numbers: readonly number[]): Float32Array => {
  const word = new Uint32Array(1);
  const float = new Float32Array(word.buffer);
  const around = (x: number): readonly number[] =>
    [-1, 0, 1].map((step) => {
      float[0] = x;
      word[0] = (word[0] as number) + step;
      return float[0] as number;
    });
  const magnitudes = numbers.flatMap(around);
  const odd = [0, -0, 2 ** -149, -(2 ** -126), Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return Float32Array.from([...magnitudes, ...magnitudes.map((x) => -x), ...odd]);
};
