/**
 * @file One law for all engines: whatever runs a product and a pass over it, the bits are those of the reference.
 *
 * 500 convolutions of random shape, bits, zero points and sinks; on each of them the SIMD engine with every choice of kernels
 * that it knows, on half of them on 2, 3 and 5 threads, on two fifths gpu.js on its webasm backend, which compiles a module for each shape, and
 * on a tenth on its cpu backend, and the reference itself, from the product instead of its sums.
 */
import fc from "fast-check";
import { isRight } from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import type { Engine } from "../../../core/engine.ts";
import { gpu } from "../../../core/engines/gpu/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type Expr, ofProduct, staged } from "../../../core/expr.ts";
import type { Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { elements } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { everySink } from "../../support/everyPass.ts";
import {
  convolutions,
  floats,
  integers,
  keys,
  productsOf,
  threeByThree,
} from "../../support/everyProduct.ts";
import { sameNumbers, sameResult } from "../../support/sameResult.ts";

const test = suite("every engine");

const bytes = 2 ** 26;

const gpuIn = async (mode: "webasm" | "cpu"): Promise<Engine> => {
  const engine = await gpu({ host: simd({ bytes }), mode });
  if (isRight(engine)) return engine.right;
  throw new Error(`gpu.js has no ${mode} here`);
};

const oracle = reference();

/** Each engine, and on how many cases out of ten it runs. */
const engines: readonly { readonly engine: Engine; readonly outOfTen: number }[] = [
  ...([true, false, "signed", "unsigned"] as const).map((relaxed) => ({
    engine: simd({ bytes, relaxed }),
    outOfTen: 10,
  })),
  ...(await Promise.all(
    [2, 3, 5].map(async (wanted) => ({
      engine: simd({ bytes, threads: await eager(wanted) }),
      outOfTen: 5,
    })),
  )),
  { engine: await gpuIn("webasm"), outOfTen: 4 },
  { engine: await gpuIn("cpu"), outOfTen: 1 },
  { engine: oracle, outOfTen: 1 },
];

test("500 convolutions, all three products of each, raw and through a pass with every sink", () =>
  fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 4, arbitrary: convolutions }, { weight: 1, arbitrary: threeByThree }),
      keys,
      fc.integer({ min: 2, max: 8 }),
      fc.boolean(),
      fc.nat({ max: 9 }),
      async (shapes, key, bits, perChannel, tenth) => {
        const products: readonly Product[] = productsOf(shapes, (shape, channels, side) =>
          integers(branch(key, side), shape, bits, perChannel ? channels : 1, side === 2 && key[0] % 2 === 0),
        );
        for (const product of products) {
          const channels = product.shape[3] as number;
          const shift = elements(floats(branch(key, 7), [channels]));
          const scale = Float32Array.of(2 ** -9);
          const affine = staged({ _tag: "Affine", scale, shift });
          const x = affine(ofProduct(product));
          const sinks = everySink(key, channels);
          const sums = await oracle.accumulate(product);
          // A pass over a product begins with its sums, which the slow oracle has.
          const computed: Expr = { shape: product.shape, source: { _tag: "Sums", sums }, stages: [] };
          const result = await oracle.run(affine(computed), sinks);
          for (const { engine, outOfTen } of engines) {
            if (tenth >= outOfTen) continue;
            engine.beginStep();
            sameNumbers(
              `${engine.backend} ${product._tag}`,
              (await engine.accumulate(product)).data,
              sums.data,
            );
            sameResult(await engine.run(x, sinks), result);
          }
        }
      },
    ),
    { numRuns: 500, seed: 500 },
  ));

test.run();
