/** @file A network of everything that a user adds to one: an activation, a concatenation, branches and layers of one's own. */
import { channelsOf, type Expr, ofTensor, type Stage, staged } from "../../core/expr.ts";
import { elements, type Shape } from "../../core/tensor.ts";
import { activation } from "../../operators/layers/activation.ts";
import { concat } from "../../operators/layers/concat.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { dense } from "../../operators/layers/dense.ts";
import { identity } from "../../operators/module/identity.ts";
import { constant } from "../../operators/module/initialize.ts";
import type { Module } from "../../operators/module/module.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantized } from "../../operators/sites/quantized.ts";
import { branches, plus } from "../../operators/step/fork.ts";
import { layer } from "../../operators/step/op.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const silu = (): Module =>
  activation(
    "silu",
    (x) => x * sigmoid(x),
    (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  );

/** y = factor * x, with one factor for the whole tensor, which starts with 1. */
export const gain = (name: string, forget = false): Module =>
  layer(name, ({ parameter }) => {
    const factor = parameter("factor", "normalization", [1], constant(1));
    const times = (x: Expr): Expr => {
      const stage: Stage = { _tag: "Affine", scale: Float32Array.from(elements(factor.value)) };
      return staged(stage)(x);
    };
    return {
      options: {},
      forward: (input, ctx) => {
        const x = ctx.save(input);
        return { y: times(x), save: x };
      },
      backward: function* (gradient, x, ctx) {
        const dy = ctx.save(gradient);
        const { second } = yield* ctx.sums(dy, { of: x, around: new Float32Array(channelsOf(x)) });
        const sum = Float32Array.of(second.reduce((total, one) => total + one, 0));
        const gradients = forget ? new Map() : new Map([[factor, ofTensor(ctx.upload(sum, [1]))]]);
        return { dx: times(dy), gradients };
      },
    };
  });

/** y = 2 a(x) + b(x) */
export const twiceAnd = (a: Module, b: Module): Module => {
  const twice = staged({ _tag: "Affine", scale: Float32Array.of(2) });
  return branches([a, b], ([shape]) => ({
    shape: shape as Shape,
    options: {},
    forward: (ends) => ({ y: plus(twice(ends[0] as Expr), ends[1] as Expr), save: undefined }),
    backward: (gradient, _, ctx) => {
      const [first, second] = ctx.fork(gradient, 2) as [Expr, Expr];
      return [twice(first), second];
    },
  }));
};

const conv = (name: string): Module => quantized(conv2d)(name, { outChannels: 4, kernel: 3, padding: 1 });

/** Takes images and gives 4 logits. */
export const ownNetwork = (): Module =>
  sequential(
    conv("conv1"),
    silu(),
    concat(conv("conv2"), identity()),
    twiceAnd(sequential(conv("conv3"), silu()), sequential(gain("gain"), conv("conv4"))),
    quantized(dense)("dense", { units: 4 }),
  );
