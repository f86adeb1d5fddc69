import { exp } from "../../core/elementary/exp.ts";
import { ofTensor } from "../../core/expr.ts";
import { elements, type Tensor } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { scratch } from "./scratch.ts";

const [slope, cubic] = [Math.sqrt(8 / Math.PI), 0.044715] as const;

/**
 * Gaussian error linear unit in its approximation by tanh, as `torch.nn.GELU(approximate="tanh")`; shapes are those of x.
 *
 *     y = 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
 *
 * Computed on the host in float64. The output and, in training, its derivative are rounded to float32.
 *
 * @see Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2
 * @example
 * build(gelu(), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [7, 7, 64]
 */
export const gelu = (): Module =>
  layer("", () => {
    const [ofOutput, ofDerivative] = [scratch(), scratch()];
    return {
      kind: "gelu",
      options: {},
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const y = ofOutput(x.length);
        const derivative = ofDerivative(ctx.training ? x.length : 0);
        for (let i = 0; i < x.length; i++) {
          const value = x[i]!;
          const square = value * value;
          // (1 + tanh(u / 2)) / 2 = 1 / (1 + exp(-u))
          const gate = 1 / (1 + exp(-slope * value * (1 + cubic * square)));
          y[i] = value * gate;
          if (ctx.training)
            derivative[i] = gate + value * gate * (1 - gate) * slope * (1 + 3 * cubic * square);
        }
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
