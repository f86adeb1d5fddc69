/** @file Threads change no bit, whatever is shared between them and however it is cut. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import { type Expr, ofProduct, ofTensor, staged } from "../../../core/expr.ts";
import type { PassResult, Sinks } from "../../../core/pass.ts";
import type { Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { outputShape, subsampled } from "../../../core/shape.ts";
import { type Shape, tensor } from "../../../core/tensor.ts";
import { eager } from "../../support/eager.ts";
import { emptied, everySink, exprOf, slotsOf, smallShapes, stagesOf } from "../../support/everyPass.ts";
import {
  convolutions,
  floats,
  integers,
  keys,
  productsOf,
  threeByThree,
} from "../../support/everyProduct.ts";
import { type Numbers, sameNumbers, sameResult } from "../../support/sameResult.ts";

const bytes = 2 ** 27;

const one = simd({ bytes });
const several: readonly Engine[] = await Promise.all(
  [2, 3, 5].map(async (wanted) => simd({ bytes, threads: await eager(wanted) })),
);

const samePass = (x: Expr, sinks: Sinks): void => {
  const slots = [x, sinks.channelSums?.of].flatMap((expr) => (expr ? slotsOf(expr) : []));
  one.beginStep();
  const expected = one.run(x, sinks) as PassResult;
  const kept = emptied(slots);
  for (const engine of several) {
    engine.beginStep();
    sameResult(engine.run(x, sinks) as PassResult, expected);
    emptied(slots).forEach((found, i) => {
      sameNumbers("kept", found as Numbers, kept[i] as Numbers);
    });
  }
};

const sums = (engine: Engine, product: Product): Numbers => {
  engine.beginStep();
  return (engine.accumulate(product) as { readonly data: Numbers }).data;
};

const check = <T>(arbitrary: fc.Arbitrary<T>, law: (value: T) => void, numRuns: number): void =>
  fc.assert(
    fc.property(arbitrary, (value) => {
      law(value);
    }),
    { numRuns, seed: 20 },
  );

const test = suite("threads");

test("they are there, and told", () =>
  assert.equal(
    several.map(({ backend }) => backend),
    [2, 3, 5].map((count) => `${one.backend}, ${count} threads`),
  ));

test("integer sums of every product", () =>
  check(
    fc.tuple(fc.oneof(convolutions, threeByThree), keys, fc.boolean()),
    ([shapes, key, symmetric]) => {
      const operand = (shape: Shape, _: number, side: number) =>
        integers(branch(key, side), shape, 8, 1, side === 2 && symmetric);
      for (const product of productsOf(shapes, operand)) {
        const expected = sums(one, product);
        for (const engine of several) sameNumbers(product._tag, sums(engine, product), expected);
      }
    },
    120,
  ));

test("passes over every product, integers and floats, finite and not", () =>
  check(
    fc.tuple(fc.oneof(convolutions, threeByThree), keys, fc.boolean(), fc.integer({ min: 0, max: 9 })),
    ([shapes, key, dense, odd]) => {
      const products = productsOf(shapes, (shape, _, side) =>
        dense
          ? { _tag: "Dense", x: floats(branch(key, side), shape, odd === side) }
          : integers(branch(key, side), shape, 8, 1, side === 2),
      );
      for (const product of products)
        samePass(ofProduct(product), everySink(key, product.shape[3] as number));
    },
    120,
  ));

test("samples are added in order, also where another order would round to another sum", () => {
  const shape = [9, 2, 3, 5];
  const x = floats([3, 4], shape);
  const spread = Float32Array.from(x.data, (value, i) => value * 2 ** (((i * 37) % 9) * 13 - 52));
  const whole = tensor(spread, shape);
  const { channelSums } = everySink([5, 6], 5) as Required<Sinks>;
  samePass(ofTensor(whole), { channelSums });
  const conv = { kernelHeight: 1, kernelWidth: 1, stride: 1, padding: 0, groups: 1 };
  const operand = { _tag: "Dense", x: whole } as const;
  const sides = { conv: { ...conv, inChannels: 5, outChannels: 5 }, shape: [5, 1, 1, 5] };
  samePass(ofProduct({ _tag: "BackwardWeight", ...sides, dy: operand, x: operand }), { store: true });
});

test("every stage on every source, with every sink", () =>
  check(
    fc.tuple(smallShapes, keys, fc.boolean(), fc.boolean()),
    ([shape, key, odd, withOther]) => {
      const x = staged(...stagesOf(key, shape, odd))(exprOf(branch(key, 1), shape, odd));
      const of = withOther ? exprOf(branch(key, 2), shape, odd) : undefined;
      const { channelSums, ...rest } = everySink(branch(key, 3), shape[3] as number, of) as Required<Sinks>;
      samePass(x, { ...rest, channelSums });
      samePass(x, rest);
    },
    150,
  ));

test("pools and samplings, and their pullbacks", () =>
  check(
    fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 9 }), keys, fc.boolean()),
    ([n, c, key, odd]) => {
      const window = { kernelHeight: 3, kernelWidth: 2, stride: 2, padding: 1 };
      const shape = [n, 5, 6, c];
      const small = outputShape(shape, window, c);
      const sampled = subsampled(shape, 2, c + 2);
      const x = floats(key, shape, odd);
      const dy = floats(branch(key, 1), small, odd);
      for (const kind of ["max", "average"] as const) {
        samePass({ shape: small, source: { _tag: "Pool", kind, window, x }, stages: [] }, { store: true });
        samePass({ shape, source: { _tag: "Unpool", kind, window, x, dy }, stages: [] }, { store: true });
      }
      const before = 1;
      samePass(
        { shape: sampled, source: { _tag: "Subsample", x, stride: 2, before }, stages: [] },
        { store: true },
      );
      const back = { _tag: "Supersample", dy: floats(key, sampled, odd), stride: 2, before } as const;
      samePass({ shape, source: back, stages: [] }, { store: true });
    },
    60,
  ));

test("the end", () => {
  for (const engine of several) engine.dispose();
});

test.run();
