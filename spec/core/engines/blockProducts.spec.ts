/** @file Products of integers in blocks: their arithmetic, and the same bits on every engine, through a pass with every sink. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BlockCodes } from "../../../core/blocks.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { ofProduct, staged } from "../../../core/expr.ts";
import { type BlockRounding, integersInBlocks, type QuantizedBlocks } from "../../../core/integerBlocks.ts";
import type { InBlocks, Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { sharedExponentModes } from "../../../core/sharedExponent.ts";
import { codes, elements, type Shape, sides4, tensor } from "../../../core/tensor.ts";
import { allEngines, oracle, samePassOnAll } from "../../support/allEngines.ts";
import { blockConvolutions, blockOperand, blockProductsOf } from "../../support/everyBlockProduct.ts";
import { everySink } from "../../support/everyPass.ts";
import { floats, keys } from "../../support/everyProduct.ts";
import { sameNumbers } from "../../support/sameResult.ts";

const test = suite("products of integers in blocks");

const bytes = 2 ** 26;

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
  // docs/methods.md 8.9: (127, -64, 3, 0) . (2, 5, -7, 9) = -87, with scales 2^-9 and 2^-7.
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

const engines = await allEngines([true, false]);

const sameOnEvery = async (product: Product, key: readonly [number, number]): Promise<void> => {
  const channels = sides4(product.shape)[3];
  const shift = elements(floats(branch(key, 7), [channels]));
  const x = staged({ _tag: "Affine", scale: Float32Array.of(2 ** -3), shift })(ofProduct(product));
  const sinks = everySink(key, channels);
  await samePassOnAll(engines, key[0], x, sinks);
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

/** Numbers of all magnitudes; `odd`: some are not finite, or too large. */
const sameQuantized = async (
  shape: readonly [number, number, number, number],
  key: readonly [number, number],
  odd: boolean,
  how: Omit<BlockRounding, "range" | "noise">,
  isNoisy: boolean,
): Promise<void> => {
  const x = floats(branch(key, 1), shape, odd);
  const rounding = { ...how, range: { lo: -3, hi: 2 }, noise: isNoisy ? key : undefined };
  const expected = await oracle.inBlocks(x, rounding);
  for (const [engine] of engines) {
    engine.beginStep();
    const found = await engine.inBlocks(x, rounding);
    assert.is(found.clipped, expected.clipped, engine.backend);
    sameNumbers(
      "values",
      elements(await engine.read(found.values)),
      elements(await oracle.read(expected.values)),
    );
    for (const copy of ["last", "first"] as const) {
      const [one, other] = [found.blocks[copy], expected.blocks[copy]];
      assert.is(one === undefined, other === undefined);
      if (one === undefined || other === undefined) continue;
      sameNumbers(`codes, ${copy}`, elements(one.codes), elements(other.codes));
      sameNumbers(`scales, ${copy}`, one.scales, other.scales);
      assert.equal([one.codes.shape, one.size], [other.codes.shape, other.size]);
    }
  }
};

test("integers in blocks are the same on every engine", () =>
  fc.assert(
    fc.asyncProperty(
      fc.tuple(...[40, 4, 4, 70].map((max) => fc.integer({ min: 1, max }))) as fc.Arbitrary<
        [number, number, number, number]
      >,
      keys,
      fc.boolean(),
      fc.record({
        bits: fc.integer({ min: 2, max: 8 }),
        size: fc.constantFrom(2, 4, 16, 32),
        scale: fc.constantFrom(...sharedExponentModes),
        isBoth: fc.boolean(),
      }),
      fc.boolean(),
      (shape, key, odd, how, isNoisy) => sameQuantized(shape, key, odd, how, isNoisy),
    ),
    { numRuns: 150, seed: 64, includeErrorInReport: true },
  ));

test("integers in blocks have the codes of docs/methods.md 8.9", () => {
  // Codes and steps of two small blocks: MXINT8, MXINT6 and MXINT4.
  for (const [numbers, bits, codes, step] of [
    [[0.9, -0.1, 0.02, 3.5], 8, [29, -3, 1, 112], 2 ** -5],
    [[0.9, -0.1, 0.02, 3.5], 6, [7, -1, 0, 28], 2 ** -3],
    [[0.9, -0.1, 0.02, 3.5], 4, [2, 0, 0, 7], 0.5],
    [[1, -2, 0.3, 5, 7.9, -0.06], 8, [16, -32, 5, 80, 126, -1], 2 ** -4],
    [[1, -2, 0.3, 5, 7.9, -0.06], 6, [2, -4, 1, 10, 16, 0], 0.5],
    [[1, -2, 0.3, 5, 7.9, -0.06], 4, [0, -1, 0, 2, 4, 0], 2],
  ] as const) {
    const x = tensor(Float32Array.from(numbers), [1, 1, 1, numbers.length]);
    const how = { bits, size: 32, scale: "rceil", isBoth: false, range: { lo: -8, hi: 8 } } as const;
    for (const engine of [oracle, simd({ bytes })]) {
      const { blocks } = engine.inBlocks(x, how) as QuantizedBlocks;
      assert.equal([...elements(blocks.last.codes)], codes);
      assert.equal([...blocks.last.scales], [step]);
    }
  }
  const zeros = integersInBlocks(new Float32Array(4), [2, 1, 1, 2], {
    ...{ bits: 8, size: 2, scale: "floor", isBoth: true, range: { lo: 0, hi: 0 } },
  });
  assert.equal([...zeros.blocks.last.scales, ...(zeros.blocks.first?.scales ?? [])], [0, 0, 0, 0]);
  // OCP's floor clips the largest element where rounding up takes the double step.
  const x = tensor(Float32Array.of(1.999), [1, 1, 1, 1]);
  const ends = (["floor", "rceil"] as const).map((scale) => {
    const how = { bits: 8, size: 32, scale, isBoth: false, range: { lo: 0, hi: 2 } } as const;
    const { blocks, clipped } = oracle.inBlocks(x, how) as QuantizedBlocks;
    return [elements(blocks.last.codes)[0], blocks.last.scales[0], clipped];
  });
  assert.equal(ends, [
    [127, 2 ** -6, 1],
    [64, 2 ** -5, 0],
  ]);
});

test.run();
