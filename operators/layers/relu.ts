import { problem } from "../../core/errors.ts";
import { staged } from "../../core/expr.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { isCheap } from "../step/tape.ts";

/**
 * y = min(max(x, lo), hi), with bounds rounded to float32; shapes are those of x. The gradient passes where lo < x <
 * hi, and is 0 elsewhere, the bounds included. lo < x < hi holds exactly where lo < y < hi, so the backward pass reads
 * x if that is cheap to read again, and y otherwise.
 *
 * @param from lower bound; -Infinity for none
 * @param to upper bound; Infinity for none
 * @returns a module that refuses to be built unless from < to
 * @example
 * build(clip(-1, 1), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const clip = (from: number, to: number): Module => {
  const [lo, hi] = [Math.fround(from), Math.fround(to)];
  return layer("", ({ path }) => {
    if (!(lo < hi))
      return problem(
        path === "" ? "clip" : path,
        `bounds of ${from} and ${to}`,
        "two numbers, the lower one first",
      );
    return {
      kind: "clip",
      options: { lo, hi },
      forward: (x, ctx) => {
        const y = ctx.save(staged({ _tag: "Clip", lo, hi })(x));
        return { y, save: isCheap(x) ? x : y };
      },
      backward: (dy, other) => ({ dx: staged({ _tag: "Gate", other, lo, hi })(dy) }),
    };
  });
};

/**
 * Rectifier, y = max(x, 0) for each element. The gradient at 0 is 0, as in PyTorch.
 *
 * @example
 * build(relu(), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const relu = (): Module => clip(0, Number.POSITIVE_INFINITY);

/**
 * Rectifier clipped at 6, y = min(max(x, 0), 6) for each element. The gradient is 0 at both bounds.
 *
 * @example
 * build(relu6(), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const relu6 = (): Module => clip(0, 6);
