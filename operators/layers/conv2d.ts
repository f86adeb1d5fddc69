import * as E from "fp-ts/lib/Either.js";
import { problem } from "../../core/errors.ts";
import { type Expr, ofTensor, staged } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Operand } from "../../core/product.ts";
import { outputShape, weightShape } from "../../core/shape.ts";
import type { Parameter } from "../../core/signal.ts";
import { elements, type Shape } from "../../core/tensor.ts";
import { constant, fanInNormal } from "../module/initialize.ts";
import type { Module } from "../module/module.ts";
import { checkSite } from "../sites/checkSite.ts";
import type { WeightOperand } from "../sites/weightOperand.ts";
import { weightSite } from "../sites/weightSite.ts";
import type { Context } from "../step/context.ts";
import { layer, type OpenOp } from "../step/op.ts";
import { resultOf, type Task } from "../step/task.ts";
import { type Conv2dOptions, conv2dNames, convShape } from "./convolution.ts";
import { multiplyIn } from "./multiply.ts";

export type { Conv2dOptions };

/** Both operands of the forward product, and the shape of its input. */
interface Saved {
  readonly x: Operand;
  readonly w: WeightOperand;
  readonly shape: Shape;
}

/** The gradient of the bias: the sum of dy over all positions. */
function* biasGradient(ctx: Context, dy: Expr, channels: number): Task<Expr> {
  const { first } = yield* ctx.sums(dy, { around: new Float32Array(channels) });
  return ofTensor(ctx.upload(new Float32Array(first), [channels]));
}

/**
 * Two-dimensional convolution, the counterpart of `torch.nn.Conv2d` with NHWC activations and OHWI weights.
 *
 *     x [N, H, W, I],   w [O, KH, KW, I / groups],   b [O]   ->   y [N, H', W', O],   H' = floor((H + 2 padding - KH) / stride) + 1
 *     y[n, p, q, o] = b[o] + sum over kh, kw, i of x[n, p s + kh - pad, q s + kw - pad, i] * w[o, kh, kw, i]
 *
 * Weights are `${name}/weight`, and quantized there; the bias is `${name}/bias`, and never quantized. There is no bias
 * unless `bias: true`, unlike in PyTorch. The forward product is computed in integers if both weights and activation
 * are quantized, and so are the two backward products if the gradient is (see `quantized`); otherwise operands are
 * dequantized and multiplied in float32. If the gradient comes in two copies, the second is used for weights and bias.
 *
 * @param name of the layer: the last part of its path
 * @returns a module that refuses to be built if the kernel does not fit into the padded image, `groups` does not divide
 *   both numbers of channels, a window could lie on padding only, or integer sums could exceed 32 bits
 * @example
 * build(conv2d("conv1", { outChannels: 8, kernel: 5 }), scopeFor({ engine: reference(), shape: [28, 28, 1] })).shape; // [24, 24, 8]
 */
export const conv2d = (name: string, options: Conv2dOptions): Module =>
  layer(name, (scope) => {
    const { path, parameter } = scope;
    knownOptions(path, options, conv2dNames);
    const site = checkSite(scope, `${path}/weight`, "weight");
    if (E.isLeft(site)) return site.left;
    const checked = convShape(path, scope.shape, options, site.right.bits !== 32);
    if (E.isLeft(checked)) return checked.left;
    const conv = checked.right;
    const { outChannels, kernelHeight, kernelWidth, inChannels, groups, padding } = conv;
    const fanIn = (kernelHeight * kernelWidth * inChannels) / groups;
    const { gain = 2, initialBias = 0 } = options;
    if (initialBias !== 0 && !options.bias)
      return problem(path, `an initialBias of ${initialBias} without a bias`, "bias: true");
    const fill = fanInNormal(scope.seed, `${path}/weight`, fanIn, gain);
    const weight = parameter("weight", "weight", weightShape(conv), fill);
    const bias = options.bias ? parameter("bias", "bias", [outChannels], constant(initialBias)) : undefined;
    const product = multiplyIn(scope);
    const shape = outputShape([1, ...scope.shape], conv, outChannels).slice(1) as Shape;

    // A kernel with a single position is a linear layer: its outputs share no weights.
    const isLinear = shape[0] === 1 && shape[1] === 1 && padding === 0;
    const outputs = isLinear ? outChannels : outChannels * kernelHeight * kernelWidth;
    const openWeights = weightSite(scope, `${path}/weight`, site.right, { outChannels, outputs });
    scope.announce({ path, conv, inShape: scope.shape, outShape: shape });

    const withBias = (y: Expr): Expr =>
      bias ? staged({ _tag: "Affine", shift: elements(bias.value) })(y) : y;

    const open = (): OpenOp<Saved> => {
      const weights = openWeights();
      return {
        forward: function* (input, ctx) {
          const w = yield* resultOf(weights.quantize(weight.value, ctx));
          const x = yield* ctx.operand(input);
          const y = yield* product(ctx, x, w.forward, (x, w) => {
            return { _tag: "Forward", conv, shape: outputShape(input.shape, conv, outChannels), x, w };
          });
          return { y: withBias(y), save: { x, w, shape: input.shape } };
        },

        splits: true,
        backward: function* (gradient, { x, w, shape }, ctx) {
          const { forParameters } = gradient;
          const forInput = yield* ctx.operand(gradient);
          const forWeights = forParameters ? yield* ctx.operand(forParameters) : forInput;
          const dw = yield* product(ctx, forWeights, x, (dy, x) => {
            return { _tag: "BackwardWeight", conv, shape: weight.value.shape, dy, x };
          });
          const ofWeights = yield* resultOf(w.pullback(dw, ctx));
          const gradients = new Map<Parameter, Expr | Task<Expr> | undefined>(ofWeights.gradients);
          gradients.set(weight, ofWeights.dx);
          if (bias) {
            const dy = { shape: gradient.shape, source: forWeights, stages: [] };
            gradients.set(bias, biasGradient(ctx, dy, outChannels));
          }
          const dx = yield* product(ctx, forInput, w.backward, (dy, w) => {
            return { _tag: "BackwardInput", conv, shape, dy, w };
          });
          return { dx, gradients };
        },

        unsubscribe: () => weights.unsubscribe(),
      };
    };
    const noted = { ...conv, bias: bias !== undefined, gain, ...(initialBias !== 0 && { initialBias }) };
    return { shape, kind: "conv2d", options: noted, open };
  });
