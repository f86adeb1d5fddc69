/** @file Pooling layers. Overlapping windows are allowed; zeros around the image never win a maximum. */
import * as E from "fp-ts/lib/Either.js";
import type { PoolKind, Source } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { checkWindow, outputShape, type Window } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/** The window of a pool, in pixels. */
export interface PoolOptions {
  readonly size: number;
  /** Stride of the windows; their size where missing, so that windows do not overlap. */
  readonly stride?: number;
  readonly padding?: number;
}

/**
 * @param name of the pool, for runs to know it by
 * @param windowOver the window for an image [H, W, C]
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

/** @throws `RangeflowFailure` of options that no pool has */
const windowOf = (of: string, options: PoolOptions): ((image: Shape) => Window) => {
  const known = { size: true, stride: true, padding: true } as const;
  const { size, stride = size, padding = 0 } = knownOptions(of, options, known);
  const window: Window = { kernelHeight: size, kernelWidth: size, stride, padding };
  return () => window;
};

/**
 * The largest element of each window; its gradient goes to the first of the largest.
 *
 * @example
 * build(maxPool({ size: 2 }), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [14, 14, 8]
 */
export const maxPool = (options: PoolOptions): Module =>
  pooled("maxPool", "max", windowOf("maxPool", options));

/**
 * The mean of each window, zeros around the image counted.
 *
 * @example
 * build(averagePool({ size: 3, stride: 2, padding: 1 }), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [14, 14, 8]
 */
export const averagePool = (options: PoolOptions): Module =>
  pooled("averagePool", "average", windowOf("averagePool", options));

/**
 * The mean of the whole image: [N, H, W, C] to [N, 1, 1, C].
 *
 * @example
 * build(globalAveragePool(), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [1, 1, 64]
 */
export const globalAveragePool = (): Module =>
  pooled("globalAveragePool", "average", (image) => {
    const [kernelHeight, kernelWidth] = image as [number, number];
    return { kernelHeight, kernelWidth, stride: 1, padding: 0 };
  });
