import { problem } from "../../core/errors.ts";
import { type Stage, staged } from "../../core/expr.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/**
 * y = factor * x for each element, with the factor and the product rounded to float32. Fused into the pass that reads
 * y, so it costs no pass of its own.
 *
 * @returns a module that refuses to be built unless `factor` is finite
 * @example
 * build(scaled(0.1), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const scaled = (factor: number): Module => {
  const times: Stage = { _tag: "Affine", scale: Float32Array.of(factor) };
  return layer("", ({ path }) =>
    Number.isFinite(factor)
      ? {
          kind: "scaled",
          options: { factor },
          forward: (x) => ({ y: staged(times)(x), save: undefined }),
          backward: (dy) => ({ dx: staged(times)(dy) }),
        }
      : problem(path === "" ? "scaled" : path, `a factor of ${factor}`, "a finite number"),
  );
};
