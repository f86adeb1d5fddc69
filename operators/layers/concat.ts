import { problem } from "../../core/errors.ts";
import type { Expr, Source } from "../../core/expr.ts";
import { type Shape, shapeText, type Tensor } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { branches, plus } from "../step/fork.ts";

const channelsOf = (shape: Shape): number => shape.at(-1) as number;

/** A tensor as part of an output of `channels` channels: it fills those from `before` on, and all others are 0. */
const among = (x: Tensor, before: number, channels: number): Expr => {
  const source: Source = { _tag: "Subsample", x, stride: 1, before };
  return { shape: x.shape.with(-1, channels), source, stages: [] };
};

/** The gradient of one part: `channels` channels of `dy`, from `before` on. */
const slice = (dy: Tensor, before: number, channels: number): Expr => {
  const source: Source = { _tag: "Supersample", dy, stride: 1, before };
  return { shape: dy.shape.with(-1, channels), source, stages: [] };
};

/**
 * Concatenates the outputs of several branches over the same activation along the channels, in order, as `torch.cat`
 * does.
 *
 *     a [N, H, W, A], b [N, H, W, B] -> y [N, H, W, A + B]
 *
 * Every engine computes it as a sum of tensors padded with zero channels. This is exact, except that -0 becomes 0.
 *
 * @returns a module that refuses to be built if the branches differ in height or width, or if there are none
 * @example
 * // DenseNet, arXiv:1608.06993
 * concat(identity(), conv2d("grow", { outChannels: 12, kernel: 3, padding: 1 }));
 */
export const concat = (...modules: readonly Module[]): Module =>
  branches(modules, (shapes, { path }) => {
    const where = path === "" ? "concat" : path;
    const [first, ...others] = shapes;
    if (first === undefined) return problem(where, "no branches", "at least one");
    const [height, width] = first as [number, number];
    const other = others.find(([h, w]) => h !== height || w !== width);
    if (other)
      return problem(
        where,
        `branches of ${shapeText(first)} and ${shapeText(other)}`,
        "images of the same height and width",
      );
    const sizes = shapes.map(channelsOf);
    const channels = sizes.reduce((sum, size) => sum + size);
    const offsets = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
    return {
      shape: [height, width, channels],
      kind: "concat",
      options: {},
      forward: function* (ends, ctx) {
        const parts: Expr[] = [];
        for (const [i, end] of ends.entries())
          parts.push(among(yield* ctx.store(end), offsets[i] as number, channels));
        return { y: parts.reduce(plus), save: undefined };
      },
      backward: function* (dyOnce, _, ctx) {
        const dy = yield* ctx.store(dyOnce);
        return sizes.map((size, i) => slice(dy, offsets[i] as number, size));
      },
    };
  });
