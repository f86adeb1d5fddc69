import { ofTensor } from "../../core/expr.ts";
import { reshaped, sizeOf } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/**
 * Reshapes x [N, H, W, C] to y [N, 1, 1, H * W * C], in memory order. PyTorch flattens NCHW, so its order is another
 * one.
 *
 * @example
 * build(flatten(), scopeFor({ engine: reference(), shape: [4, 4, 16] })).shape; // [1, 1, 256]
 */
export const flatten = (): Module =>
  layer("", ({ shape }) => ({
    shape: [1, 1, sizeOf(shape)],
    kind: "flatten",
    options: {},
    forward: function* (x, ctx) {
      const images = yield* ctx.store(x);
      const [samples, ...sides] = x.shape as [number, ...number[]];
      return { y: ofTensor(reshaped(images, [samples, 1, 1, sizeOf(sides)])), save: x.shape };
    },
    backward: function* (dy, shape, ctx) {
      return { dx: ofTensor(reshaped(yield* ctx.store(dy), shape)) };
    },
  }));
