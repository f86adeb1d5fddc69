/** @file Pooling layers. Windows may overlap; padding never wins a maximum. */
import * as E from "fp-ts/lib/Either.js";
import type { PoolKind, Source } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { checkWindow, outputShape, type Window } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/** Options of `maxPool` and `averagePool`. */
export interface PoolOptions {
  /** Height and width of the window in pixels. */
  readonly size: number;
  /** Step of the window in pixels, both ways. Default: `size`, so that windows do not overlap. */
  readonly stride?: number;
  /** Rows and columns added on each side of the image; less than `size`. Default: 0. */
  readonly padding?: number;
}

/**
 * A pooling layer over images of one shape.
 *
 * @param name of the pool in descriptions of a run
 * @param windowOver makes the window for an image [H, W, C]
 */
const pooled = (name: string, kind: PoolKind, windowOver: (image: Shape) => Window): Module =>
  layer("", ({ shape, path }) => {
    const checked = checkWindow(path === "" ? `${kind} pool` : path, shape)(windowOver(shape));
    if (E.isLeft(checked)) return checked.left;
    return {
      shape: outputShape([1, ...shape], checked.right, shape[2] as number).slice(1),
      kind: name,
      options: { ...checked.right },
      forward: function* (lazy, ctx) {
        const x = yield* ctx.store(lazy);
        const window = windowOver(x.shape.slice(1));
        const source: Source = { _tag: "Pool", kind, window, x };
        const y = { shape: outputShape(x.shape, window, x.shape[3] as number), source, stages: [] };
        return { y, save: { x, window } };
      },
      backward: function* (dyLazy, { x, window }, ctx) {
        const dy = yield* ctx.store(dyLazy);
        return { dx: { shape: x.shape, source: { _tag: "Unpool", kind, window, x, dy }, stages: [] } };
      },
    };
  });

/**
 * The window that options describe.
 *
 * @throws `RangeflowFailure` for unknown options
 */
const windowOf = (of: string, options: PoolOptions): ((image: Shape) => Window) => {
  const known = { size: true, stride: true, padding: true } as const;
  const { size, stride = size, padding = 0 } = knownOptions(of, options, known);
  const window: Window = { kernelHeight: size, kernelWidth: size, stride, padding };
  return () => window;
};

/**
 * Max pooling, the counterpart of `torch.nn.MaxPool2d`. Padding never wins, and the gradient goes to the largest
 * element of each window; if several are equal, to the first.
 *
 *     x [N, H, W, C] -> y [N, H', W', C],   H' = floor((H + 2 padding - size) / stride) + 1
 *
 * @returns a module that refuses to be built if the window does not fit into the padded image, or could lie on padding
 *   only
 * @example
 * build(maxPool({ size: 2 }), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [14, 14, 8]
 */
export const maxPool = (options: PoolOptions): Module =>
  pooled("maxPool", "max", windowOf("maxPool", options));

/**
 * Average pooling, the counterpart of `torch.nn.AvgPool2d`: the sum of each window divided by size * size, with padding
 * counted as zeros (`count_include_pad=True`, PyTorch's default).
 *
 *     x [N, H, W, C] -> y [N, H', W', C],   H' = floor((H + 2 padding - size) / stride) + 1
 *
 * @returns a module that refuses to be built if the window does not fit into the padded image, or could lie on padding
 *   only
 * @example
 * build(averagePool({ size: 3, stride: 2, padding: 1 }), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [14, 14, 8]
 */
export const averagePool = (options: PoolOptions): Module =>
  pooled("averagePool", "average", windowOf("averagePool", options));

/**
 * Mean over the whole image, as `torch.nn.AdaptiveAvgPool2d(1)`: x [N, H, W, C] -> y [N, 1, 1, C].
 *
 * @example
 * build(globalAveragePool(), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [1, 1, 64]
 */
export const globalAveragePool = (): Module =>
  pooled("globalAveragePool", "average", (image) => {
    const [kernelHeight, kernelWidth] = image as [number, number];
    return { kernelHeight, kernelWidth, stride: 1, padding: 0 };
  });
