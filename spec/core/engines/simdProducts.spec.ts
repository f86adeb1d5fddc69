/**
 * @file The products of the SIMD engine: equal to the reference over every kind of convolution, and to arithmetic where sums are large.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { RangeflowFailure } from "../../../core/errors.ts";
import { ofProduct, staged } from "../../../core/expr.ts";
import type { Product } from "../../../core/product.ts";
import { branch } from "../../../core/random.ts";
import { elements, type Shape } from "../../../core/tensor.ts";
import { everySink } from "../../support/everyPass.ts";
import {
  convolutions,
  floats,
  integers,
  keys,
  paramsOf,
  productsOf,
  smallImages,
  stridedDepthwise,
  threeByThree,
} from "../../support/everyProduct.ts";
import { check, engines, filled, samePass, sameSums, scaledBy, sums } from "../../support/simdEngines.ts";

/** The laws of one engine, on so many of the cases. */
const holds = (engine: Engine, share: number): void => {
  const test = suite(`simd products, ${engine.backend}`);

  test("integer sums of every product", () =>
    check(
      fc.tuple(convolutions, keys, fc.integer({ min: 2, max: 8 }), fc.boolean(), fc.boolean()),
      ([shapes, key, bits, perChannel, symmetric]) => {
        const operand = (shape: Shape, channels: number, side: number) =>
          integers(branch(key, side), shape, bits, perChannel ? channels : 1, side === 2 && symmetric);
        for (const product of productsOf(shapes, operand)) {
          sameSums(engine, product);
        }
      },
      400 * share,
    ));

  test("integer sums of 3x3 with many channels, raw and through a pass", () =>
    check(
      fc.tuple(threeByThree, keys, fc.boolean()),
      ([shapes, key, perChannel]) => {
        const operand = (shape: Shape, channels: number, side: number) =>
          integers(branch(key, side), shape, 8, perChannel ? channels : 1);
        for (const product of productsOf(shapes, operand)) {
          sameSums(engine, product);
          samePass(engine, ofProduct(product), everySink(key, product.shape[3] as number));
        }
      },
      60 * share,
    ));

  test("integer sums of small images with many channels, raw and through a pass", () =>
    check(
      fc.tuple(smallImages, keys, fc.integer({ min: 7, max: 8 })),
      ([shapes, key, bits]) => {
        const operand = (shape: Shape, _: number, side: number) => integers(branch(key, side), shape, bits);
        for (const product of productsOf(shapes, operand)) {
          sameSums(engine, product);
          samePass(engine, scaledBy(0.37, product), everySink(key, product.shape[3] as number));
        }
      },
      100 * share,
    ));

  test("the largest sums of 3x3 are exact, however many channels go into one", () => {
    const taps = [1, 2, 3, 2, 1];
    for (const many of [56, 64, 912, 920]) {
      const conv = { kernelHeight: 3, kernelWidth: 3, stride: 1, padding: 0, groups: 1 };
      const forward = { ...conv, inChannels: many, outChannels: 16 };
      const x = filled(-128, 127, [1, 5, 5, many]);
      const w = filled(127, -128, [16, 3, 3, many]);
      const y = sums(engine, { _tag: "Forward", conv: forward, shape: [1, 3, 3, 16], x, w });
      for (const sum of Array.from(y)) assert.is(sum, -9 * many * 255 * 255);
      const backward = { ...conv, inChannels: 16, outChannels: many };
      const dy = filled(127, -128, [1, 3, 3, many]);
      const turned = filled(127, -128, [many, 3, 3, 16]);
      const dx = sums(engine, { _tag: "BackwardInput", conv: backward, shape: [1, 5, 5, 16], dy, w: turned });
      for (let i = 0; i < dx.length; i++) {
        const [row, column] = [Math.floor(i / 80), Math.floor(i / 16) % 5];
        assert.is(dx[i], (taps[row] as number) * (taps[column] as number) * many * 255 * 255);
      }
    }
  });

  test("passes over products, whose sums never reach memory", () =>
    check(
      fc.tuple(
        convolutions,
        keys,
        fc.boolean(),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 7, max: 8 }),
      ),
      ([shapes, key, dense, odd, bits]) => {
        const products = productsOf(shapes, (shape, _, side) =>
          dense
            ? { _tag: "Dense", x: floats(branch(key, side), shape, odd === side) }
            : integers(branch(key, side), shape, bits, 1, side === 2),
        );
        for (const product of products) {
          const channels = product.shape[3] as number;
          const x = staged({
            _tag: "Affine",
            scale: elements(floats(key, [1])),
            shift: elements(floats(branch(key, 7), [channels])),
          })(ofProduct(product));
          samePass(engine, ofProduct(product), { store: true });
          samePass(engine, x, everySink(key, channels));
        }
      },
      200 * share,
    ));

  test("integer sums of depthwise 3x3 with stride 2, raw and through a pass", () =>
    check(
      fc.tuple(stridedDepthwise, keys, fc.boolean()),
      ([shapes, key, perChannel]) => {
        const operand = (shape: Shape, channels: number, side: number) =>
          integers(branch(key, side), shape, 8, perChannel ? channels : 1);
        for (const product of productsOf(shapes, operand)) {
          sameSums(engine, product);
          samePass(engine, scaledBy(0.37, product), everySink(key, product.shape[3] as number));
        }
      },
      60 * share,
    ));

  test("integer sums that are only scaled, quantized and observed, on grids that fit and on grids that do not", () =>
    check(
      fc.tuple(
        fc.oneof(convolutions, threeByThree, stridedDepthwise),
        keys,
        fc.integer({ min: 2, max: 8 }),
        fc.constantFrom(
          2 ** -16,
          -(2 ** -14),
          2 ** -11,
          1,
          3e38,
          1e-42,
          Number.NaN,
          Number.POSITIVE_INFINITY,
        ),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
      ),
      ([shapes, key, bits, scale, gradientMask, observe, noisy]) => {
        const operand = (shape: Shape, _: number, side: number) => integers(branch(key, side), shape, bits);
        const params = paramsOf(branch(key, 9), bits, 1);
        for (const product of productsOf(shapes, operand))
          samePass(engine, scaledBy(scale, product), {
            quantize: { params, gradientMask, ...(noisy && { noise: key }) },
            observe,
          });
      },
      200 * share,
    ));

  test("the farthest sums, scaled to both sides of what can be rounded as integers and of what floats hold", () => {
    for (const [kernel, inChannels, outChannels, groups] of [
      [5, 1, 9, 1],
      [1, 64, 9, 1],
      [3, 16, 16, 1],
      [5, 16, 16, 16],
    ] as const) {
      const conv = {
        kernelHeight: kernel,
        kernelWidth: kernel,
        stride: 1,
        padding: 0,
        inChannels,
        outChannels,
        groups,
      };
      const length = (kernel * kernel * inChannels) / groups;
      const x = filled(-128, 127, [2, 7, 7, inChannels]);
      const w = filled(127, -128, [outChannels, kernel, kernel, inChannels / groups]);
      const shape = [2, 8 - kernel, 8 - kernel, outChannels];
      const product = { _tag: "Forward", conv, shape, x, w } as const;
      for (const power of [1, 7, 18, 19, 20, 21, 22, 23, 24, 25, 27, 30, 127])
        for (const sign of [1, -1])
          for (const step of [1, 2 ** 126]) {
            const scale = (sign * 2 ** power) / (length * 255 * 255);
            const params = { ...x.q.params, scale: Float32Array.of(step) };
            for (const exact of [scale, scale * step])
              samePass(engine, scaledBy(exact, product), {
                quantize: { params, gradientMask: true },
                observe: true,
              });
          }
    }
  });

  test("a sum that could pass 2^31 elsewhere is refused with the length that would fit", () => {
    const conv = {
      kernelHeight: 1,
      kernelWidth: 1,
      stride: 1,
      padding: 0,
      inChannels: 33026,
      outChannels: 1,
      groups: 1,
    };
    const x = filled(-128, 127, [1, 1, 1, 33026]);
    const product = { _tag: "Forward", conv, shape: [1, 1, 1, 1], x, w: x } as const;
    assert.throws(
      () => engine.accumulate(product),
      (error: unknown) => error instanceof RangeflowFailure && error.message.includes("33025"),
    );
  });

  test("the largest products of symmetric weights are exact, for any sign and up to the last bit that is taken", () => {
    const conv = {
      kernelHeight: 5,
      kernelWidth: 5,
      stride: 2,
      padding: 2,
      inChannels: 3,
      outChannels: 9,
      groups: 1,
    };
    const shapes = { conv, x: [1, 9, 9, 3], y: [1, 5, 5, 9], w: [9, 5, 5, 3] };
    const [operands, weights] = [
      [
        [-128, 127],
        [127, -128],
        [127, 0],
        [-128, 0],
      ],
      [-128, -65, -64, 63, 64, 127],
    ] as const;
    for (const [code, zeroPoint] of operands)
      for (const w of weights) {
        const operand = (shape: Shape, _: number, side: number) =>
          side === 2
            ? filled(w, 0, shape)
            : side === 1
              ? filled(code, zeroPoint, shape)
              : filled(w, code, shape);
        for (const product of productsOf(shapes, operand)) sameSums(engine, product);
        const forward = productsOf(shapes, (shape, _, side) =>
          side === 2 ? filled(w, 0, shape) : filled(code, zeroPoint, shape),
        )[0] as Product;
        sameSums(engine, forward);
      }
  });

  test("the longest sum that fits is exact", () => {
    const conv = {
      kernelHeight: 1,
      kernelWidth: 1,
      stride: 1,
      padding: 0,
      inChannels: 33025,
      outChannels: 1,
      groups: 1,
    };
    const x = filled(-128, 127, [1, 1, 1, 33025]);
    assert.is(sums(engine, { _tag: "Forward", conv, shape: [1, 1, 1, 1], x, w: x })[0], 33025 * 255 * 255);
    for (const code of [-128, -64, 127]) {
      const w = filled(code, 0, [1, 1, 1, 33025]);
      assert.is(sums(engine, { _tag: "Forward", conv, shape: [1, 1, 1, 1], x, w })[0], 33025 * -255 * code);
    }
  });

  test.run();
};

engines.forEach((engine, i) => {
  holds(engine, i === 0 ? 1 : 0.25);
});
