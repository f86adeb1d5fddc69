/**
 * @file Weight gradients of the SIMD engine: over many positions, through int32 and beyond it, raw and through a pass.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { ofProduct } from "../../../core/expr.ts";
import type { PassResult } from "../../../core/pass.ts";
import { branch } from "../../../core/random.ts";
import { outputShape, weightShape } from "../../../core/shape.ts";
import type { Shape } from "../../../core/tensor.ts";
import { elements } from "../../support/elements.ts";
import { everySink } from "../../support/everyPass.ts";
import { integers, keys, productsOf } from "../../support/everyProduct.ts";
import { check, engines, filled, samePass, sameSums, sums } from "../../support/simdEngines.ts";

/** The laws of one engine. */
const holds = (engine: Engine): void => {
  const test = suite(`simd weight gradients, ${engine.backend}`);

  test("weight gradients that pass 2^31 are split, never wrapped", () => {
    for (const groups of [1, 2]) {
      const conv = {
        kernelHeight: 1,
        kernelWidth: 1,
        stride: 1,
        padding: 0,
        inChannels: 2,
        outChannels: 2,
        groups,
      };
      const image = [2, 200, 200, 2];
      const product = {
        _tag: "BackwardWeight",
        conv,
        shape: [2, 1, 1, 2 / groups],
        dy: filled(-128, 127, image),
        x: filled(-128, 127, image),
      } as const;
      const expected = 2 * 200 * 200 * 255 * 255;
      assert.ok(expected > 2 ** 31);
      for (const sum of Array.from(sums(engine, product))) assert.is(sum, expected);
    }
  });

  test("weight gradients of as many positions as fit into int32, and of one more, go through a pass exactly", () => {
    for (const [channels, high, wide] of [
      [1, 25, 1321],
      [8, 25, 1321],
      [1, 2, 16513],
      [8, 2, 16513],
    ] as const) {
      const conv = {
        kernelHeight: 1,
        kernelWidth: 1,
        stride: 1,
        padding: 0,
        inChannels: channels,
        outChannels: 1,
        groups: 1,
      };
      const dy = filled(-128, 127, [1, high, wide, 1]);
      const x = filled(127, -128, [1, high, wide, channels]);
      const product = { _tag: "BackwardWeight", conv, shape: [1, 1, 1, channels], dy, x } as const;
      engine.beginStep();
      const { stored } = engine.run(ofProduct(product), { store: true }) as Required<PassResult>;
      for (const sum of elements(stored)) assert.is(sum, Math.fround(-high * wide * 255 * 255));
    }
  });

  test("the sums of an integer weight gradient never reach memory", () => {
    const conv = {
      kernelHeight: 3,
      kernelWidth: 3,
      stride: 1,
      padding: 1,
      inChannels: 64,
      outChannels: 96,
      groups: 1,
    };
    const product = {
      _tag: "BackwardWeight",
      conv,
      shape: weightShape(conv),
      dy: filled(1, 0, [1, 5, 5, 96]),
      x: filled(1, 0, [1, 5, 5, 64]),
    } as const;
    const taken = (compute: () => unknown): number => {
      engine.beginStep();
      compute();
      return engine.memory().step;
    };
    const sums = taken(() => engine.accumulate(product));
    const rounded = taken(() => engine.run(ofProduct(product), { store: true }));
    assert.ok(rounded < sums, `${rounded} bytes for float32, ${sums} for float64`);
  });

  test("3x3 weight gradients that pass 2^31 are split as well", () => {
    const [n, high, wide] = [4, 95, 101];
    const conv = {
      kernelHeight: 3,
      kernelWidth: 3,
      stride: 1,
      padding: 1,
      inChannels: 8,
      outChannels: 8,
      groups: 1,
    };
    const x = filled(-128, 127, [n, high, wide, 8]);
    const all = sums(engine, { _tag: "BackwardWeight", conv, shape: [8, 3, 3, 8], dy: x, x });
    assert.ok(n * high * wide * 255 * 255 > 2 ** 31);
    for (let i = 0; i < all.length; i++) {
      const [kh, kw] = [Math.floor(i / 24) % 3, Math.floor(i / 8) % 3];
      assert.is(all[i], n * (high - Math.abs(kh - 1)) * (wide - Math.abs(kw - 1)) * 255 * 255);
    }
  });

  test("weight gradients of many positions in several bands and samples", () =>
    check(
      fc.tuple(keys, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 7, max: 8 })),
      ([key, groups, bits]) => {
        const conv = {
          kernelHeight: 2,
          kernelWidth: 3,
          stride: 1,
          padding: 1,
          inChannels: 5 * groups,
          outChannels: 7 * groups,
          groups,
        };
        const wide = { ...conv, kernelHeight: 3, inChannels: 8, outChannels: 9, groups: 1 };
        for (const one of [conv, wide]) {
          const x = [3, 21, 23, one.inChannels];
          const shapes = { conv: one, x, y: outputShape(x, one, one.outChannels), w: weightShape(one) };
          const operand = (shape: Shape, _: number, side: number) => integers(branch(key, side), shape, bits);
          for (const product of productsOf(shapes, operand)) {
            sameSums(engine, product);
            samePass(engine, ofProduct(product), everySink(key, product.shape[3] as number));
          }
        }
      },
      6,
    ));

  test.run();
};

engines.forEach(holds);
