import { problem } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
import { type GeluApproximation, geluApproximations, geluInFloat64 } from "../../core/inFloat64/gelu.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { elements, type Tensor } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { scratch } from "./scratch.ts";

/** Options of `gelu`. */
export interface GeluOptions {
  /** `none` for the distribution function itself, `tanh` for its approximation. Default: `none`, as in PyTorch. */
  readonly approximate?: GeluApproximation;
}

/**
 * Gaussian error linear unit, as `torch.nn.GELU(approximate)`; shapes are those of x.
 *
 *     y = x Phi(x)                                              none
 *     y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))     tanh
 *
 * Computed on the host in float64. The output and, in training, its derivative are rounded to float32.
 *
 * @see Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2
 * @example
 * build(gelu({ approximate: "tanh" }), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [7, 7, 64]
 */
export const gelu = (options: GeluOptions = {}): Module =>
  layer("", ({ path }) => {
    const where = path === "" ? "gelu" : path;
    const { approximate = "none" } = knownOptions(where, options, { approximate: true });
    if (!geluApproximations.includes(approximate))
      return problem(
        where,
        `approximate: ${JSON.stringify(approximate)}`,
        `one of ${geluApproximations.join(", ")}`,
      );
    const write = geluInFloat64(approximate);
    const [ofOutput, ofDerivative] = [scratch(), scratch()];
    return {
      kind: "gelu",
      options: { approximate },
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const y = ofOutput(x.length);
        const derivative = ofDerivative(ctx.training ? x.length : 0);
        write(x, y, derivative, (powers) => ctx.exp(powers));
        const save = ctx.training ? ctx.upload(derivative, input.shape) : undefined;
        return { y: ofTensor(ctx.upload(y, input.shape)), save };
      },
      backward: function* (gradient, saved, ctx) {
        const derivative = elements(yield* ctx.read(saved as Tensor));
        const dy = elements(yield* ctx.read(gradient));
        const dx = ofOutput(dy.length);
        for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * derivative[i]!;
        return { dx: ofTensor(ctx.upload(dx, gradient.shape)) };
      },
    };
  });
