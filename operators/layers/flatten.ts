import * as E from "fp-ts/lib/Either.js";
import { ofTensor } from "../../core/expr.ts";
import { reshaped, sizeOf } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { onTensor } from "../module/onTensor.ts";

/** [N, H, W, C] to [N, 1, 1, H * W * C], in memory order. */
export const flatten =
  (): Module =>
  ({ engine, shape }) =>
    E.right({
      shape: [1, 1, sizeOf(shape)],
      layer: onTensor(engine, (x) => ({
        y: ofTensor(reshaped(x, [x.shape[0] as number, 1, 1, sizeOf(x.shape.slice(1))])),
        pullback: (dy) => ofTensor(reshaped(dy, x.shape)),
      })),
    });
