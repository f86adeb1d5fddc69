/** @file Products of integers in blocks: their arithmetic, and the same bits on every engine, through a pass with every sink. */
import fc from "fast-check";
import { isRight } from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BlockCodes } from "../../../core/blocks.ts";
import type { Engine } from "../../../core/engine.ts";
import { dataParallel } from "../../../core/engines/dataParallel/dataParallel.ts";
import { gpu } from "../../../core/engines/gpu/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { ofProduct, staged } from "../../../core/expr.ts";
import type { InBlocks, Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { codes, elements, type Shape, sides4 } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { blockConvolutions, blockOperand, blockProductsOf } from "../../support/everyBlockProduct.ts";
import { everySink } from "../../support/everyPass.ts";
import { floats, keys } from "../../support/everyProduct.ts";
import { fetched } from "../../support/fetched.ts";
import { sameResult } from "../../support/sameResult.ts";
import { openWebGpu } from "../../support/webgpu.ts";

const test = suite("products of integers in blocks");

const bytes = 2 ** 26;
const oracle = reference();

const blocks = (
  numbers: readonly number[],
  shape: Shape,
  scales: readonly number[],
  size: number,
): BlockCodes => ({
  codes: codes(Int8Array.from(numbers), shape),
  scales: Float32Array.from(scales),
  size,
});

const factor = (of: BlockCodes, isMoved = false): InBlocks => ({ _tag: "Blocks", of, isMoved });

const conv = {
  kernelHeight: 1,
  kernelWidth: 1,
  stride: 1,
  padding: 0,
  inChannels: 4,
  outChannels: 1,
  groups: 1,
};

const onBoth = (product: Product): readonly number[] => {
  const [first, second] = [oracle, simd({ bytes })].map((engine) => {
    const { stored } = engine.run(ofProduct(product), { store: true }) as { readonly stored?: never };
    assert.ok(stored);
    return [...elements(stored)];
  });
  assert.equal(second, first);
  return first as number[];
};

test("are those of arithmetic", () => {
  // formats.md 2.5: (127, -64, 3, 0) . (2, 5, -7, 9) = -87, with scales 2^-9 and 2^-7.
  const x = blocks([127, -64, 3, 0], [1, 1, 1, 4], [2 ** -9], 32);
  const w = blocks([2, 5, -7, 9], [1, 1, 1, 4], [2 ** -7], 32);
  const forward: Product = { _tag: "Forward", conv, shape: [1, 1, 1, 1], x: factor(x), w: factor(w) };
  assert.equal(onBoth(forward), [-0.0013275146484375]);
  // In blocks of two: (254 - 320) 2^-9 2^-7 + (-21 + 0) 2^0 2^3.
  const inTwos = blocks([127, -64, 3, 0], [1, 1, 1, 4], [2 ** -9, 1], 2);
  const weights = blocks([2, 5, -7, 9], [1, 1, 1, 4], [2 ** -7, 8], 2);
  const two: Product = { ...forward, x: factor(inTwos), w: factor(weights) };
  assert.equal(onBoth(two), [-66 / 65536 - 168]);
  // Input channels [2] from output channels [3], which are innermost in the weights' other copy [1, 1, 2, 3].
  const dy = blocks([1, 2, 3], [1, 1, 1, 3], [0.5], 4);
  const moved = blocks([4, 5, 6, 7, 8, 9], [1, 1, 2, 3], [2, 0.25], 4);
  const outward = { ...conv, inChannels: 2, outChannels: 3 };
  const backward: Product = {
    ...{ _tag: "BackwardInput", conv: outward, shape: [1, 1, 1, 2] },
    ...{ dy: factor(dy), w: factor(moved, true) },
  };
  assert.equal(onBoth(backward), [32, 50 / 8]);
  // Two samples of 3 output and 1 input channels: [1, 1, C, N].
  const samplesOfDy = blocks([1, 2, 3, 4, 5, 6], [1, 1, 3, 2], [1, 2, 4], 2);
  const samplesOfX = blocks([10, -20], [1, 1, 1, 2], [0.5], 2);
  const weight: Product = {
    ...{ _tag: "BackwardWeight", conv: { ...outward, inChannels: 1 }, shape: [3, 1, 1, 1] },
    ...{ dy: factor(samplesOfDy, true), x: factor(samplesOfX, true) },
  };
  assert.equal(onBoth(weight), [-15, -50, -140]);
});

const gpuOn = async (mode: "webasm" | "cpu"): Promise<Engine> => {
  const engine = await gpu({ host: simd({ bytes }), mode });
  if (isRight(engine)) return engine.right;
  throw new Error(`gpu.js has no ${mode} here`);
};

const resident = await openWebGpu(simd({ bytes }));

/** Engines, and on every how many of the cases each runs: a device compiles a kernel for each shape. */
const engines: readonly (readonly [Engine, every: number])[] = [
  ...([true, false] as const).map((relaxed) => [simd({ bytes, relaxed }), 1] as const),
  ...(await Promise.all(
    [2, 3].map(async (wanted) => [simd({ bytes, threads: await eager(wanted) }), 1] as const),
  )),
  [dataParallel([simd({ bytes }), reference(), reference()]), 1],
  [await gpuOn("webasm"), 1],
  ...(resident instanceof Error ? [] : [[resident, 8] as const]),
];

const sameOnEvery = async (product: Product, key: readonly [number, number]): Promise<void> => {
  const channels = sides4(product.shape)[3];
  const shift = elements(floats(branch(key, 7), [channels]));
  const x = staged({ _tag: "Affine", scale: Float32Array.of(2 ** -3), shift })(ofProduct(product));
  const sinks = everySink(key, channels);
  const expected = await oracle.run(x, sinks);
  for (const [engine, every] of engines) {
    if (key[0] % every > 0) continue;
    engine.beginStep();
    sameResult(await fetched(engine, await engine.run(x, sinks)), expected);
  }
};

test("have the same bits on every engine", () =>
  fc.assert(
    fc.asyncProperty(
      blockConvolutions,
      keys,
      fc.constantFrom(2, 4, 16, 32),
      fc.boolean(),
      async (shapes, key, size, isAny) => {
        for (const product of blockProductsOf(shapes, blockOperand(key, size, isAny)))
          await sameOnEvery(product, key);
      },
    ),
    { numRuns: 100, seed: 63, includeErrorInReport: true },
  ));

test.run();
