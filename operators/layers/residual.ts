import { problem } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import { type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import { identity } from "../module/identity.ts";
import type { Module } from "../module/module.ts";
import { branches, plus } from "../step/fork.ts";

/**
 * Residual connection: the sum of a branch and a shortcut over the same activation.
 *
 *     y = branch(x) + shortcut(x)
 *
 * @param shortcut such as a strided 1x1 convolution, or `subsample`. Default: the identity.
 * @returns a module that refuses to be built if the outputs of the two differ in shape
 * @see He et al. 2016, arXiv:1512.03385
 * @example
 * build(residual(sequential(conv2d("conv1", { outChannels: 8, kernel: 3, padding: 1 }), relu())), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const residual = (branch: Module, shortcut: Module = identity()): Module =>
  branches([branch, shortcut], (shapes, { path }) => {
    const [shape, other] = shapes as [Shape, Shape];
    if (!sameShape(shape, other))
      return problem(
        path === "" ? "residual" : `${path}, residual`,
        `a branch of ${shapeText(shape)} and a shortcut of ${shapeText(other)}`,
        "two of the same shape",
      );
    return {
      shape,
      kind: "residual",
      options: {},
      forward: (ends, ctx) => {
        const [left, right] = ends as [Expr, Expr];
        return { y: ctx.keepOutput(plus(left, right)), save: undefined };
      },
      backward: (dy, _, ctx) => ctx.fork(dy, 2),
    };
  });
