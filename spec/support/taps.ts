/** @file Convolution in its shortest form: which three elements every multiplication joins. */
import fc from "fast-check";
import type { ConvShape } from "../../core/shape.ts";
import { outputShape, weightShape } from "../../core/shape.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";

export type Joined = (x: number, w: number, y: number) => void;

/** Calls `join` with the indices of x, w and y for every tap; y += x * w, dx += dy * w and dw += dy * x all follow from it. */
export const eachTap = (conv: ConvShape, xShape: Shape, join: Joined): void => {
  const { kernelHeight, kernelWidth, stride, padding, groups, inChannels, outChannels } = conv;
  const [n, h, w] = xShape as [number, number, number, number];
  const [, outHeight, outWidth] = outputShape(xShape, conv, outChannels) as [number, number, number, number];
  const [perGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  for (let xi = 0; xi < n * h * w * inChannels; xi++) {
    const channel = xi % inChannels;
    const column = Math.floor(xi / inChannels) % w;
    const row = Math.floor(xi / (inChannels * w)) % h;
    const sample = Math.floor(xi / (inChannels * w * h));
    for (let wi = 0; wi < outChannels * kernelHeight * kernelWidth * perGroup; wi++) {
      const i = wi % perGroup;
      const kw = Math.floor(wi / perGroup) % kernelWidth;
      const kh = Math.floor(wi / (perGroup * kernelWidth)) % kernelHeight;
      const o = Math.floor(wi / (perGroup * kernelWidth * kernelHeight));
      if (Math.floor(o / outPerGroup) * perGroup + i !== channel) continue;
      const [p, q] = [(row + padding - kh) / stride, (column + padding - kw) / stride];
      if (!Number.isInteger(p) || !Number.isInteger(q)) continue;
      if (p < 0 || p >= outHeight || q < 0 || q >= outWidth) continue;
      join(xi, wi, ((sample * outHeight + p) * outWidth + q) * outChannels + o);
    }
  }
};

/** y, dx and dw by enumeration, in float64. */
export const enumerated = (
  conv: ConvShape,
  xShape: Shape,
  {
    x,
    w,
    dy,
  }: { readonly x: ArrayLike<number>; readonly w: ArrayLike<number>; readonly dy: ArrayLike<number> },
): { readonly y: Float64Array; readonly dx: Float64Array; readonly dw: Float64Array } => {
  const y = new Float64Array(sizeOf(outputShape(xShape, conv, conv.outChannels)));
  const dx = new Float64Array(sizeOf(xShape));
  const dw = new Float64Array(sizeOf(weightShape(conv)));
  eachTap(conv, xShape, (xi, wi, yi) => {
    y[yi]! += x[xi]! * w[wi]!;
    dx[xi]! += dy[yi]! * w[wi]!;
    dw[wi]! += dy[yi]! * x[xi]!;
  });
  return { y, dx, dw };
};

/** Small convolutions of every kind: odd sizes, strides, paddings, grouped and depthwise; with the shape of their input. */
export const convolutions: fc.Arbitrary<{ readonly conv: ConvShape; readonly xShape: Shape }> = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
    kernelHeight: fc.integer({ min: 1, max: 3 }),
    kernelWidth: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    groups: fc.constantFrom(1, 2, 4),
    perGroup: fc.integer({ min: 1, max: 3 }),
    outPerGroup: fc.integer({ min: 1, max: 2 }),
  })
  .filter(
    ({ height, width, kernelHeight, kernelWidth, padding }) =>
      kernelHeight <= height + 2 * padding && kernelWidth <= width + 2 * padding,
  )
  .map(({ batch, height, width, groups, perGroup, outPerGroup, ...window }) => ({
    conv: { ...window, groups, inChannels: groups * perGroup, outChannels: groups * outPerGroup },
    xShape: [batch, height, width, groups * perGroup],
  }));
