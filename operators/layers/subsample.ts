import { problem } from "../../core/errors.ts";
import type { Source } from "../../core/expr.ts";
import { isPositiveInteger, subsampled } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/**
 * Shortcut without parameters: takes every `stride`-th row and column, and adds channels of zeros, half of them in
 * front of the existing channels and half behind.
 *
 *     x [N, H, W, C] -> y [N, ceil(H / stride), ceil(W / stride), channels]
 *
 * @returns a module that refuses to be built if `channels` is less than C
 * @see He et al. 2016, arXiv:1512.03385, option A
 * @example
 * build(subsample({ stride: 2, channels: 16 }), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [14, 14, 16]
 */
export const subsample = ({
  stride,
  channels,
}: {
  readonly stride: number;
  readonly channels: number;
}): Module =>
  layer("", ({ shape, path }) => {
    const where = path === "" ? "subsample" : `${path} shortcut`;
    if (![stride, channels].every(isPositiveInteger))
      return problem(where, `a stride of ${stride} and ${channels} channels`, "positive integers");
    const added = channels - (shape[2] as number);
    if (added < 0)
      return problem(
        where,
        `${channels} output channels for ${shape[2]} input channels`,
        "at least as many output as input channels",
      );
    const before = Math.floor(added / 2);
    return {
      shape: subsampled([1, ...shape], stride, channels).slice(1) as Shape,
      kind: "subsample",
      options: { stride, channels },
      forward: function* (lazy, ctx) {
        const source: Source = { _tag: "Subsample", x: yield* ctx.store(lazy), stride, before };
        return {
          y: { shape: subsampled(lazy.shape, stride, channels), source, stages: [] },
          save: lazy.shape,
        };
      },
      backward: function* (lazy, shape, ctx) {
        const source: Source = { _tag: "Supersample", dy: yield* ctx.store(lazy), stride, before };
        return { dx: { shape, source, stages: [] } };
      },
    };
  });
