/** @file Generators of convolutions and tensors: odd sizes, every stride, padding, group and kind of operand. */
import fc from "fast-check";
import type { Operand, Product } from "../../core/product.ts";
import type { QParams } from "../../core/qparams.ts";
import { branch, type Key, randomBits, uniform } from "../../core/random.ts";
import { type ConvShape, outputShape, weightShape } from "../../core/shape.ts";
import { codes, type HostTensor, type Shape, sizeOf, tensor } from "../../core/tensor.ts";

export const keys: fc.Arbitrary<Key> = fc.tuple(fc.nat(), fc.nat());

/** Numbers that are rare and easily computed wrong; `normal`: without one below 2^-126, which a GPU may take for 0. */
export type Odd = boolean | "normal";

/** Floats of all magnitudes from a key; `odd`: one in eight is a zero of either sign, infinite or not a number. */
export const floats = (key: Key, shape: Shape, odd: Odd = false): HostTensor => {
  const tiny = odd === "normal" ? 1e-15 : 1e-40;
  const oddities = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, tiny, -3e38, 0.5];
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const bits = randomBits(key, i);
    if (odd && bits >>> 29 === 0) return oddities[bits & 7] as number;
    return (uniform(branch(key, 1), i) - 0.5) * 2 ** ((bits & 15) - 8);
  });
  return tensor(data, shape);
};

/** Quantization parameters for so many channels, within a grid of so many bits. */
export const paramsOf = (key: Key, bits: number, channels: number): QParams => {
  const qmin = -(2 ** (bits - 1));
  const qmax = -qmin - 1;
  return {
    bits,
    qmin,
    qmax,
    scale: Float32Array.from({ length: channels }, (_, c) => 2 ** -6 * (1 + uniform(key, c))),
    zeroPoint: Int32Array.from({ length: channels }, (_, c) => qmin + (randomBits(key, c + 999) % 2 ** bits)),
  };
};

/** Codes anywhere in the grid; `symmetric`: with zero points of 0. */
export const integers = (key: Key, shape: Shape, bits: number, channels = 1, symmetric = false): Operand => {
  const drawn = paramsOf(key, bits, channels);
  const params = symmetric ? { ...drawn, zeroPoint: new Int32Array(channels) } : drawn;
  const data = Int8Array.from(
    { length: sizeOf(shape) },
    (_, i) => params.qmin + (randomBits(key, i) % 2 ** bits),
  );
  return { _tag: "Codes", q: { codes: codes(data, shape), params } };
};

const grouped = fc.oneof(
  fc.record({
    groups: fc.constant(1),
    i: fc.integer({ min: 1, max: 20 }),
    o: fc.integer({ min: 1, max: 20 }),
  }),
  fc.record({ groups: fc.constant(4), i: fc.integer({ min: 1, max: 5 }), o: fc.integer({ min: 1, max: 5 }) }),
  fc.record({
    groups: fc.integer({ min: 2, max: 20 }),
    i: fc.constant(1),
    o: fc.integer({ min: 1, max: 2 }),
  }),
);

interface Case {
  readonly conv: ConvShape;
  readonly x: Shape;
  readonly y: Shape;
  readonly w: Shape;
}

/** A convolution and the shapes of its input, output and weights. */
export const convolutions: fc.Arbitrary<Case> = fc
  .record({
    grouped,
    kernelHeight: fc.integer({ min: 1, max: 5 }),
    kernelWidth: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 1, max: 3 }),
    h: fc.integer({ min: 0, max: 8 }),
    w: fc.integer({ min: 0, max: 8 }),
    whole: fc.boolean(),
  })
  .map(({ grouped: { groups, i, o }, kernelHeight, kernelWidth, stride, n, h, w, ...rest }) => {
    const whole = rest.whole && h < 3;
    const padding = whole ? 0 : rest.padding;
    const conv = {
      kernelHeight,
      kernelWidth,
      stride,
      padding,
      inChannels: i * groups,
      outChannels: o * groups,
      groups,
    };
    const high = whole ? kernelHeight : Math.max(1, kernelHeight - 2 * padding) + h;
    const wide = whole ? kernelWidth : Math.max(1, kernelWidth - 2 * padding) + w;
    const x = [n, high, wide, conv.inChannels];
    return { conv, x, y: outputShape(x, conv, conv.outChannels), w: weightShape(conv) };
  });

/** Convolutions of 3x3 with stride 1 and many channels, which engines compute in a way of their own. */
export const threeByThree: fc.Arbitrary<Case> = fc
  .record({
    i: fc.constantFrom(8, 16, 24, 40),
    o: fc.constantFrom(8, 9, 12, 13, 16, 24, 40),
    padding: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 1, max: 5 }),
    h: fc.integer({ min: 3, max: 12 }),
    w: fc.integer({ min: 3, max: 19 }),
  })
  .map(({ i, o, padding, n, h, w }) => {
    const conv = {
      kernelHeight: 3,
      kernelWidth: 3,
      stride: 1,
      padding,
      inChannels: i,
      outChannels: o,
      groups: 1,
    };
    return { conv, x: [n, h, w, i], y: outputShape([n, h, w, i], conv, o), w: weightShape(conv) };
  });

/** Convolutions of any kernel over few positions with many channels, with taps that never meet the image among them. */
export const smallImages: fc.Arbitrary<Case> = fc
  .record({
    i: fc.constantFrom(8, 16, 24, 40),
    o: fc.integer({ min: 1, max: 24 }),
    kernelHeight: fc.integer({ min: 1, max: 4 }),
    kernelWidth: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 1, max: 3 }),
    h: fc.integer({ min: 0, max: 6 }),
    w: fc.integer({ min: 0, max: 6 }),
  })
  .map(({ i, o, n, h, w, ...rest }) => {
    const conv = { ...rest, inChannels: i, outChannels: o, groups: 1 };
    const { kernelHeight, kernelWidth, padding } = conv;
    const high = Math.max(1, kernelHeight - 2 * padding) + h;
    const wide = Math.max(1, kernelWidth - 2 * padding) + w;
    const x = [n, high, wide, i];
    return { conv, x, y: outputShape(x, conv, o), w: weightShape(conv) };
  });

/** Depthwise convolutions of 3x3 with stride 2, whose input gradients engines compute in a way of their own, over images of any parity. */
export const stridedDepthwise: fc.Arbitrary<Case> = fc
  .record({
    channels: fc.constantFrom(7, 8, 16, 20, 24),
    padding: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 1, max: 4 }),
    h: fc.integer({ min: 3, max: 24 }),
    w: fc.integer({ min: 3, max: 24 }),
  })
  .map(({ channels, padding, n, h, w }) => {
    const conv = {
      kernelHeight: 3,
      kernelWidth: 3,
      stride: 2,
      padding,
      inChannels: channels,
      outChannels: channels,
      groups: channels,
    };
    const x = [n, h, w, channels];
    return { conv, x, y: outputShape(x, conv, channels), w: weightShape(conv) };
  });

export type OperandOf = (shape: Shape, channels: number, side: number) => Operand;

/** All three products of a convolution; `operand` makes what is multiplied. */
export const productsOf = ({ conv, ...shapes }: Case, operand: OperandOf): readonly Product[] => {
  const x = operand(shapes.x, 1, 0);
  const dy = operand(shapes.y, 1, 1);
  const w = operand(shapes.w, conv.outChannels, 2);
  return [
    { _tag: "Forward", conv, shape: shapes.y, x, w },
    { _tag: "BackwardInput", conv, shape: shapes.x, dy, w },
    { _tag: "BackwardWeight", conv, shape: shapes.w, dy, x },
  ];
};
