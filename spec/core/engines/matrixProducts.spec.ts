/**
 * @file Matrix products of two activations: their arithmetic, and the same bits on every engine, raw and through a pass with every sink.
 */
import fc from "fast-check";
import { isRight } from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { dataParallel } from "../../../core/engines/dataParallel/dataParallel.ts";
import { gpu } from "../../../core/engines/gpu/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { ofProduct, staged } from "../../../core/expr.ts";
import type { MatMul, Operand } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { elements, sides4, tensor } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { longMatrices, matrices, matrixProductsOf } from "../../support/everyMatrixProduct.ts";
import { everySink } from "../../support/everyPass.ts";
import { floats, integers, keys } from "../../support/everyProduct.ts";
import { fetched } from "../../support/fetched.ts";
import { sameNumbers, sameResult } from "../../support/sameResult.ts";
import { openWebGpu } from "../../support/webgpu.ts";

const test = suite("matrix products");

const bytes = 2 ** 26;
const oracle = reference();

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

const gpuOn = async (mode: "webasm" | "cpu"): Promise<Engine> => {
  const engine = await gpu({ host: simd({ bytes }), mode });
  if (isRight(engine)) return engine.right;
  throw new Error(`gpu.js has no ${mode} here`);
};

const resident = await openWebGpu(simd({ bytes }));

/** Engines, and on every how many of the cases each runs: a device compiles a kernel for each shape. */
const engines: readonly (readonly [Engine, every: number])[] = [
  ...([true, false, "signed", "unsigned"] as const).map((relaxed) => [simd({ bytes, relaxed }), 1] as const),
  ...(await Promise.all(
    [2, 3].map(async (wanted) => [simd({ bytes, threads: await eager(wanted) }), 1] as const),
  )),
  [dataParallel([simd({ bytes }), reference(), reference()]), 1],
  [await gpuOn("webasm"), 1],
  ...(resident instanceof Error ? [] : [[resident, 8] as const]),
];

const sameOnEvery = async (product: MatMul, sums: boolean, key: readonly [number, number]): Promise<void> => {
  const channels = sides4(product.shape)[3];
  const shift = elements(floats(branch(key, 7), [channels]));
  const x = staged({ _tag: "Affine", scale: Float32Array.of(2 ** -9), shift })(ofProduct(product));
  const sinks = everySink(key, channels);
  const expected = await oracle.run(x, sinks);
  for (const [engine, every] of engines) {
    if (key[0] % every > 0) continue;
    engine.beginStep();
    if (sums)
      sameNumbers(
        `${engine.backend} ${product.transposed}`,
        (await engine.accumulate(product)).data,
        (await oracle.accumulate(product)).data,
      );
    sameResult(await fetched(engine, await engine.run(x, sinks)), expected);
  }
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
