/** @file SIMD engines as every processor would have them, held against the reference and against arithmetic. */
import fc from "fast-check";
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { type SimdOptions, simd } from "../../core/engines/simd/engine.ts";
import { type Expr, ofProduct, staged } from "../../core/expr.ts";
import type { PassResult, Sinks } from "../../core/pass.ts";
import type { Product } from "../../core/product.ts";
import { codes, type Shape, sizeOf } from "../../core/tensor.ts";
import { type Numbers, sameNumbers, sameResult } from "./sameResult.ts";

/** Both choices that a machine has, and the kernels of bytes as other processors run them. */
const choices: readonly NonNullable<SimdOptions["relaxed"]>[] = [true, false, "signed", "unsigned"];
export const engines = choices.map((relaxed) => simd({ bytes: 2 ** 26, relaxed }));
const oracle = reference();

export const samePass = (engine: Engine, x: Expr, sinks: Sinks): void => {
  engine.beginStep();
  sameResult(engine.run(x, sinks) as PassResult, oracle.run(x, sinks) as PassResult);
};

export const sums = (engine: Engine, product: Product): Numbers => {
  engine.beginStep();
  return (engine.accumulate(product) as { readonly data: Numbers }).data;
};

export const sameSums = (engine: Engine, product: Product): void =>
  sameNumbers(product._tag, sums(engine, product), sums(oracle, product));

export const scaledBy = (scale: number, product: Product): Expr =>
  staged({ _tag: "Affine", scale: Float32Array.of(scale) })(ofProduct(product));

export const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void, numRuns: number): void =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      law(value);
    }),
    { numRuns, seed: 20 },
  );

export const filled = (code: number, zeroPoint: number, shape: Shape) =>
  ({
    _tag: "Codes",
    q: {
      codes: codes(new Int8Array(sizeOf(shape)).fill(code), shape),
      params: {
        bits: 8,
        qmin: -128,
        qmax: 127,
        scale: Float32Array.of(1),
        zeroPoint: Int32Array.of(zeroPoint),
      },
    },
  }) as const;
