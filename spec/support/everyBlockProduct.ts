/** @file Generators of convolutions of integers in blocks: rows of every length, blocks of 2 to 32, one to several of them. */
import fc from "fast-check";
import type { BlockCodes } from "../../core/blocks.ts";
import { blocksOf } from "../../core/blocks.ts";
import type { Operand, Product } from "../../core/product.ts";
import { branch, type Key, randomBits } from "../../core/random.ts";
import { outputShape, weightShape } from "../../core/shape.ts";
import { codes, type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import { inBlocks } from "../../operators/layers/inBlocks.ts";
import { type OperandOf, productsOf } from "./everyProduct.ts";

/** Codes -127 .. 127, and scales that are powers of two, or any with `isAny`. */
const copyOf = (key: Key, shape: Shape, size: number, isAny: boolean): BlockCodes => {
  const row = shape[3] as number;
  const count = sizeOf(shape);
  return {
    codes: codes(
      Int8Array.from({ length: count }, (_, i) => (randomBits(key, i) % 255) - 127),
      shape,
    ),
    scales: Float32Array.from({ length: (count / row) * blocksOf(row, size) }, (_, i) => {
      const bits = randomBits(branch(key, 1), i);
      return 2 ** -(bits & 15) * (isAny ? 1 + (bits >>> 20) / 4096 : 1);
    }),
    size,
  };
};

/** Both copies of a tensor, which need not agree: each product takes one. */
export const blockOperand =
  (key: Key, size: number, isAny: boolean): OperandOf =>
  (shape, _, side): Operand => ({
    _tag: "Dense",
    x: tensor(new Float32Array(sizeOf(shape)), shape),
    blocks: {
      last: copyOf(branch(key, 2 * side), shape, size, isAny),
      first: copyOf(branch(key, 2 * side + 1), [...shape.slice(1), shape[0] as number], size, isAny),
    },
  });

const sides = {
  kernelHeight: fc.integer({ min: 1, max: 4 }),
  kernelWidth: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.integer({ min: 0, max: 2 }),
  h: fc.integer({ min: 0, max: 5 }),
  w: fc.integer({ min: 0, max: 6 }),
};

const casesOf = (
  n: fc.Arbitrary<number>,
  i: fc.Arbitrary<number>,
  o: fc.Arbitrary<number>,
  more: Partial<typeof sides> = {},
) =>
  fc.record({ ...sides, ...more, n, i, o }).map(({ n, i, o, h, w, ...rest }) => {
    const conv = { ...rest, inChannels: i, outChannels: o, groups: 1 };
    const { kernelHeight, kernelWidth, padding } = conv;
    const x = [n, Math.max(1, kernelHeight - 2 * padding) + h, Math.max(1, kernelWidth - 2 * padding) + w, i];
    return { conv, x, y: outputShape(x, conv, o), w: weightShape(conv) };
  });

const few = fc.integer({ min: 1, max: 9 });

/** Long rows of input channels, of output channels or of samples, and images with several runs of positions. */
export const blockConvolutions = fc.oneof(
  casesOf(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 70 }), few),
  casesOf(fc.integer({ min: 1, max: 3 }), few, fc.integer({ min: 1, max: 70 })),
  casesOf(fc.integer({ min: 1, max: 70 }), few, few),
  casesOf(fc.integer({ min: 1, max: 3 }), few, few, {
    h: fc.integer({ min: 10, max: 20 }),
    w: fc.integer({ min: 10, max: 20 }),
  }),
);

/** All three products of a convolution of integers in blocks. */
export const blockProductsOf = (
  shapes: Parameters<typeof productsOf>[0],
  operand: OperandOf,
): readonly Product[] =>
  productsOf(shapes, operand).map((product) => {
    const made = inBlocks(product);
    if (made === undefined) throw new Error(`no blocks for ${product._tag}`);
    return made;
  });
