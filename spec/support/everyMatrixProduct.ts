/** @file Generators of matrix products: one to five groups, odd sizes, every transposition. */
import fc from "fast-check";
import type { MatMul } from "../../core/product.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { OperandOf } from "./everyProduct.ts";

/** Positions of the two sides, channels of a group, groups and samples. */
interface MatrixCase {
  readonly n: number;
  readonly groups: number;
  readonly rows: readonly [number, number];
  readonly others: readonly [number, number];
  readonly channels: number;
}

export const matrices: fc.Arbitrary<MatrixCase> = fc.record({
  n: fc.integer({ min: 1, max: 5 }),
  groups: fc.integer({ min: 1, max: 5 }),
  rows: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 })),
  others: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 })),
  channels: fc.integer({ min: 1, max: 20 }),
});

/** Sums over more positions than a run has. */
export const longMatrices: fc.Arbitrary<MatrixCase> = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  rows: fc.tuple(fc.integer({ min: 10, max: 20 }), fc.integer({ min: 10, max: 30 })),
  others: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  channels: fc.integer({ min: 1, max: 9 }),
});

/** The three products of y = a transposed(b): y, and the gradients of a and b. */
export const matrixProductsOf = (
  { n, groups, rows, others, channels }: MatrixCase,
  operand: OperandOf,
): readonly MatMul[] => {
  const shapes = {
    a: [n, ...rows, groups * channels],
    b: [n, ...others, groups * channels],
    y: [n, ...rows, groups * sizeOf(others)],
  };
  const [a, b, y] = [operand(shapes.a, 1, 0), operand(shapes.b, 1, 1), operand(shapes.y, 1, 2)];
  const of = { _tag: "MatMul", groups } as const;
  return [
    { ...of, transposed: "b", shape: shapes.y, a, b, isBackward: false },
    { ...of, transposed: "none", shape: shapes.a, a: y, b, isBackward: true },
    { ...of, transposed: "a", shape: shapes.b, a: y, b: a, isBackward: true },
  ];
};
