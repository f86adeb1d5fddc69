/** @file Products of codes for the gpu engine: of any geometry, and with the largest sums that there can be. */
import fc from "fast-check";
import type { ConvProduct, Operand } from "../../core/product.ts";
import { type ConvShape, outputShape, weightShape } from "../../core/shape.ts";
import { codes, type Shape, sizeOf } from "../../core/tensor.ts";

export const tags = ["Forward", "BackwardInput", "BackwardWeight"] as const;

/** A product with `x` [n, h, w, I] that takes its operands from `operand`. */
export const productOf = (
  tag: ConvProduct["_tag"],
  conv: ConvShape,
  [n, h, w]: readonly [number, number, number],
  operand: (name: "x" | "w" | "dy", shape: Shape) => Operand,
): ConvProduct => {
  const input = [n, h, w, conv.inChannels];
  const output = outputShape(input, conv, conv.outChannels);
  switch (tag) {
    case "Forward":
      return { _tag: tag, conv, shape: output, x: operand("x", input), w: operand("w", weightShape(conv)) };
    case "BackwardInput":
      return { _tag: tag, conv, shape: input, dy: operand("dy", output), w: operand("w", weightShape(conv)) };
    case "BackwardWeight":
      return {
        _tag: tag,
        conv,
        shape: weightShape(conv),
        dy: operand("dy", output),
        x: operand("x", input),
      };
  }
};

export const quantized = (
  shape: Shape,
  bits: number,
  zeroPoints: readonly number[],
  code: (i: number) => number,
) => ({
  _tag: "Codes" as const,
  q: {
    codes: codes(
      Int8Array.from({ length: sizeOf(shape) }, (_, i) => code(i)),
      shape,
    ),
    params: {
      bits,
      qmin: -(2 ** (bits - 1)),
      qmax: 2 ** (bits - 1) - 1,
      scale: new Float32Array(zeroPoints.length).fill(0.5),
      zeroPoint: Int32Array.from(zeroPoints),
    },
  },
});

/** Codes that look random but follow from the seed: the high byte of a multiplicative hash, cut to `bits`. */
export const scattered =
  (seed: number, bits: number) =>
  (i: number): number =>
    Math.imul(i + seed, 0x9e3779b1) >> (32 - bits);

export const fullScale = (shape: Shape): Operand => quantized(shape, 8, [127], () => -128);
export const plus127 = (shape: Shape): Operand => quantized(shape, 8, [0], () => 127);

export const conv = (
  kernel: number,
  [inChannels, outChannels]: readonly [number, number],
  more: Partial<ConvShape> = {},
): ConvShape => ({
  kernelHeight: kernel,
  kernelWidth: kernel,
  stride: 1,
  padding: 0,
  groups: 1,
  inChannels,
  outChannels,
  ...more,
});

export const aGeometry = fc
  .record({
    kernelHeight: fc.integer({ min: 1, max: 5 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 2 }),
    padding: fc.integer({ min: 0, max: 2 }),
    kind: fc.constantFrom("plain", "groups", "depthwise"),
    inSide: fc.integer({ min: 1, max: 5 }),
    outSide: fc.integer({ min: 1, max: 5 }),
    n: fc.integer({ min: 1, max: 3 }),
    h: fc.integer({ min: 1, max: 9 }),
    w: fc.integer({ min: 1, max: 9 }),
    bits: fc.integer({ min: 2, max: 8 }),
    seed: fc.nat(99999),
  })
  .map(({ kind, inSide, outSide, h, w, ...rest }) => {
    const groups = kind === "plain" ? 1 : kind === "groups" ? 4 : inSide * 3;
    const inChannels = kind === "depthwise" ? groups : inSide * groups;
    const outChannels = kind === "depthwise" ? groups * (1 + (outSide % 2)) : outSide * groups;
    const fitted = (side: number, kernel: number): number => Math.max(side, kernel - 2 * rest.padding);
    return {
      ...rest,
      groups,
      inChannels,
      outChannels,
      h: fitted(h, rest.kernelHeight),
      w: fitted(w, rest.kernelWidth),
    };
  });
