/**
 * @file Matrix products of two activations: their arithmetic, and the same bits on every engine, raw and through a pass with every sink.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ofProduct, staged } from "../../../core/expr.ts";
import type { MatMul, Operand } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { elements, sides4, tensor } from "../../../core/tensor.ts";
import { allEngines, oracle, samePassOnAll } from "../../support/allEngines.ts";
import { longMatrices, matrices, matrixProductsOf } from "../../support/everyMatrixProduct.ts";
import { everySink } from "../../support/everyPass.ts";
import { floats, integers, keys } from "../../support/everyProduct.ts";
import { sameNumbers } from "../../support/sameResult.ts";

const test = suite("matrix products");

const dense = (numbers: readonly number[], shape: readonly number[]): Operand => ({
  _tag: "Dense",
  x: tensor(Float32Array.from(numbers), shape),
});

const stored = (product: MatMul): readonly number[] => {
  const { stored } = oracle.run(ofProduct(product), { store: true }) as { readonly stored?: never };
  assert.ok(stored);
  return [...elements(stored)];
};

test("are those of arithmetic", () => {
  // One group: a = [[1, 2], [3, 4], [5, 6]], b = [[7, 8], [9, 10]].
  const a = dense([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]);
  const b = dense([7, 8, 9, 10], [1, 2, 1, 2]);
  const of = { _tag: "MatMul", groups: 1, isBackward: false } as const;
  assert.equal(stored({ ...of, transposed: "b", shape: [1, 3, 1, 2], a, b }), [23, 29, 53, 67, 83, 105]);
  assert.equal(stored({ ...of, transposed: "none", shape: [1, 3, 1, 2], a, b }), [25, 28, 57, 64, 89, 100]);
  assert.equal(stored({ ...of, transposed: "a", shape: [1, 2, 1, 2], a, b: a }), [35, 44, 44, 56]);
  // Two groups of one channel: each is an outer product.
  assert.equal(
    stored({ ...of, groups: 2, transposed: "b", shape: [1, 3, 1, 4], a, b }),
    [7, 9, 16, 20, 21, 27, 32, 40, 35, 45, 48, 60],
  );
});

const engines = await allEngines([true, false, "signed", "unsigned"]);

const sameOnEvery = async (product: MatMul, sums: boolean, key: readonly [number, number]): Promise<void> => {
  const channels = sides4(product.shape)[3];
  const shift = elements(floats(branch(key, 7), [channels]));
  const x = staged({ _tag: "Affine", scale: Float32Array.of(2 ** -9), shift })(ofProduct(product));
  const sinks = everySink(key, channels);
  await samePassOnAll(engines, key[0], x, sinks, async (engine) => {
    if (!sums) return;
    const found = (await engine.accumulate(product)).data;
    sameNumbers(`${engine.backend} ${product.transposed}`, found, (await oracle.accumulate(product)).data);
  });
};

for (const [name, cases, numRuns] of [
  ["small ones", matrices, 150],
  ["over more positions than a run has", longMatrices, 10],
] as const) {
  test(`of integers have the same bits on every engine: ${name}`, () =>
    fc.assert(
      fc.asyncProperty(
        cases,
        keys,
        fc.integer({ min: 2, max: 8 }),
        fc.boolean(),
        async (shapes, key, bits, symmetric) => {
          const products = matrixProductsOf(shapes, (shape, _, side) =>
            integers(branch(key, side), shape, bits, 1, symmetric),
          );
          for (const product of products) await sameOnEvery(product, true, key);
        },
      ),
      { numRuns, seed: 61, includeErrorInReport: true },
    ));

  test(`of float32 have the same bits on every engine: ${name}`, () =>
    fc.assert(
      fc.asyncProperty(cases, keys, async (shapes, key) => {
        const products = matrixProductsOf(shapes, (shape, _, side) => ({
          _tag: "Dense",
          x: floats(branch(key, side), shape),
        }));
        for (const product of products) await sameOnEvery(product, false, key);
      }),
      { numRuns, seed: 62, includeErrorInReport: true },
    ));
}

test.run();
