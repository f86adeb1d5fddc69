import { problem } from "../../core/errors.ts";
import { staged } from "../../core/expr.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { isCheap } from "../step/tape.ts";

/**
 * min(max(x, lo), hi), ends rounded to float32; its gradient passes where lo < x < hi, which is where lo < y < hi. So of x and y the
 * backward pass reads what is there anyway: x if it is cheap to read again, otherwise y.
 *
 * @param from lower end, -Infinity for none
 * @param to upper end, Infinity for none
 * @throws `RangeflowFailure` when built, unless from < to
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
 * max(x, 0)
 *
 * @example
 * build(relu(), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const relu = (): Module => clip(0, Number.POSITIVE_INFINITY);

/**
 * min(max(x, 0), 6)
 *
 * @example
 * build(relu6(), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const relu6 = (): Module => clip(0, 6);
