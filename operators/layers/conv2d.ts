import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { problem, type RangeflowError } from "../../core/errors.ts";
import { after, type Eventual, each } from "../../core/eventual.ts";
import { type Expr, type Made, staged } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import { type ConvShape, checkConv, outputShape, weightShape } from "../../core/shape.ts";
import type { Activation, Emit, Parameter, Pullback, Signal } from "../../core/signal.ts";
import { elements, type Shape, type Tensor } from "../../core/tensor.ts";
import { constant, fanInNormal } from "../module/initialize.ts";
import { present, settle } from "../module/kept.ts";
import { withSites } from "../module/layer.ts";
import { joined, type Module } from "../module/module.ts";
import { releasing } from "../module/releasing.ts";
import { checkSite } from "../sites/checkSite.ts";
import type { WeightOperand } from "../sites/weightOperand.ts";
import { weightSite } from "../sites/weightSite.ts";
import { type Accumulate, accumulateIn } from "./accumulate.ts";
import { convolve, type Multiplicand, multiplicand } from "./convolve.ts";

export interface Conv2dOptions {
  readonly outChannels: number;
  /** Height and width of the kernel, or both as one number. */
  readonly kernel: number | readonly [height: number, width: number];
  readonly stride?: number;
  /** Zeros around the image; 0 where missing. */
  readonly padding?: number;
  /** Into how many groups the channels are divided; as many as input channels is a depthwise convolution. */
  readonly groups?: number;
  readonly bias?: boolean;
  /** Weights start normal with variance gain / fan-in; 2, for what goes through a rectifier, where missing. */
  readonly gain?: number;
}

/** Products of codes lie within 255 * 255, so a sum of so many is exact in 32 bits whatever the codes are. */
const mostTaps = Math.floor((2 ** 31 - 1) / (255 * 255));

const checkSums = (where: string, conv: ConvShape): E.Either<RangeflowError, ConvShape> => {
  const area = conv.kernelHeight * conv.kernelWidth;
  const taps = (area * Math.max(conv.inChannels, conv.outChannels)) / conv.groups;
  return taps <= mostTaps
    ? E.right(conv)
    : E.left(
        problem(
          where,
          `sums of ${taps} products of 8-bit integers`,
          `at most ${mostTaps}, so that 32-bit sums are exact`,
          `${Math.floor((mostTaps * conv.groups) / area)} channels would fit`,
        ),
      );
};

/** What the backward pass of one convolution needs of its forward pass. */
interface Forwarded {
  readonly engine: Engine;
  readonly conv: ConvShape;
  readonly activation: Activation;
  readonly x: Multiplicand;
  readonly w: WeightOperand;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
  readonly accumulate: Accumulate;
}

/** Both copies of the gradient of an output, or one that is both; what they release is released once. */
interface Gradient {
  readonly shape: Shape;
  readonly forInput: Operand;
  readonly forParameters: Operand;
  readonly made: readonly Made[];
}

const backward =
  ({ engine, conv, activation, x, w, weight, bias, accumulate }: Forwarded) =>
  ({ shape, forInput, forParameters, made }: Gradient, emit: Emit): Eventual<void> => {
    const of = (parameter: Parameter, gradient: Tensor): Signal => ({
      _tag: "ParameterGradient",
      step: activation.step,
      parameter,
      gradient,
    });

    const toWeights = (): Eventual<void> =>
      after(
        convolve(engine, forParameters, x.operand, (left, right) => ({
          _tag: "BackwardWeight",
          conv,
          shape: weight.value.shape,
          dy: left,
          x: right,
        })),
        (exact) =>
          after(accumulate(exact, activation, emit), (dw) =>
            after(w.pullback(dw, emit), (unquantized) =>
              after(settle(engine, unquantized), (gradient) => emit(of(weight, gradient))),
            ),
          ),
      );

    const toBias = (): Eventual<void> =>
      bias &&
      after(
        engine.run(
          { shape, source: forParameters, stages: [] },
          { channelSums: { around: new Float32Array(conv.outChannels) } },
        ),
        ({ channelSums }) =>
          emit(
            after(present(channelSums, "channel sums"), ({ first }) =>
              of(bias, engine.upload(new Float32Array(first), bias.value.shape)),
            ),
          ),
      );

    const toInput = (): Eventual<void> =>
      after(
        convolve(engine, forInput, w.backward, (left, right) => ({
          _tag: "BackwardInput",
          conv,
          shape: activation.x.shape,
          dy: left,
          w: right,
        })),
        (exact) =>
          after(accumulate(exact, activation, emit), (dx) =>
            activation.pullback(releasing(dx, [...made, ...x.made]), emit),
          ),
      );

    return each([toWeights, toBias, toInput], (to) => to());
  };

const pullbackOf = (forwarded: Forwarded): Pullback => {
  const { engine } = forwarded;
  const back = backward(forwarded);
  const whole = (dy: Expr, emit: Emit): Eventual<void> =>
    after(multiplicand(engine, dy), ({ operand, made }) =>
      back({ shape: dy.shape, forInput: operand, forParameters: operand, made }, emit),
    );
  const split = (dx: Expr, dw: Expr, emit: Emit): Eventual<void> =>
    after(multiplicand(engine, dx), (a) =>
      after(multiplicand(engine, dw), (b) => {
        const made = [...a.made, ...b.made];
        return back({ shape: dx.shape, forInput: a.operand, forParameters: b.operand, made }, emit);
      }),
    );
  return Object.assign(whole, { split });
};

/**
 * Convolution over NHWC with weights OHWI, in integers where both its sides are quantized.
 *
 *     y[n, p, q, o] = b[o] + sum over kh, kw, i of x[n, p s + kh - pad, q s + kw - pad, i] * w[o, kh, kw, i]
 *
 * Quantizes its weights at `${name}/weight`. The activation is a product of integers if it comes quantized, and so are both
 * backward products if the gradient does (see `quantized`); what is not quantized is multiplied in float32. Where the gradient comes
 * in two copies, weights and bias get the second.
 *
 * @returns `Left` if the kernel does not fit, the groups do not divide the channels, or sums could pass 32 bits
 */
export const conv2d =
  (name: string, options: Conv2dOptions): Module =>
  (scope) => {
    const path = joined(scope.path, name);
    const [kernelHeight, kernelWidth] =
      typeof options.kernel === "number" ? [options.kernel, options.kernel] : options.kernel;
    const [, , inChannels] = scope.shape as [number, number, number];
    const { outChannels, stride = 1, padding = 0, groups = 1 } = options;
    const wanted: ConvShape = { kernelHeight, kernelWidth, stride, padding, groups, inChannels, outChannels };
    const site = checkSite(scope, `${path}/weight`, "weight");
    if (E.isLeft(site)) return E.left([site.left]);
    const isInteger = site.right.bits !== 32;
    const checked = E.chain((conv: ConvShape) => (isInteger ? checkSums(path, conv) : E.right(conv)))(
      checkConv(path, scope.shape)(wanted) as E.Either<RangeflowError, ConvShape>,
    );
    if (E.isLeft(checked)) return E.left([checked.left]);
    if (scope.parameters.find(`${path}/weight`))
      return E.left([problem(path, "a second layer of this name", "a name of its own for every layer")]);

    const conv = checked.right;
    const { engine, parameters } = scope;
    const shape = weightShape(conv);
    const fanIn = (kernelHeight * kernelWidth * inChannels) / groups;
    const fill = fanInNormal(scope.seed, `${path}/weight`, fanIn, options.gain ?? 2);
    const weight = parameters.create(`${path}/weight`, "weight", shape, fill);
    const bias = options.bias
      ? parameters.create(`${path}/bias`, "bias", [outChannels], constant(0))
      : undefined;
    const accumulate = accumulateIn(scope, path);
    const withBias = (y: Expr): Expr =>
      bias ? staged({ _tag: "Affine", shift: elements(bias.value) })(y) : y;
    const outShape = outputShape([1, ...scope.shape], conv, outChannels).slice(1) as Shape;

    // A kernel that stands at one place only is a linear layer, whose outputs share no weights.
    const isLinear = outShape[0] === 1 && outShape[1] === 1 && padding === 0;
    const outputs = isLinear ? outChannels : outChannels * kernelHeight * kernelWidth;

    const openWeights = weightSite(scope, `${path}/weight`, site.right, { outChannels, outputs });

    scope.announce({ path, conv, inShape: scope.shape, outShape });

    return E.right({
      shape: outShape,
      layer: withSites(
        openWeights,
        (weights) => (activation, emit) =>
          after(weights.quantize(weight.value, activation, emit), (w) =>
            after(multiplicand(engine, activation.x), (x) =>
              after(
                convolve(engine, x.operand, w.forward, (left, right) => ({
                  _tag: "Forward",
                  conv,
                  shape: outputShape(activation.x.shape, conv, outChannels),
                  x: left,
                  w: right,
                })),
                (exact) =>
                  after(accumulate(exact, activation, emit), (y) => {
                    const pullback = pullbackOf({ engine, conv, activation, x, w, weight, bias, accumulate });
                    return { ...activation, x: withBias(y), pullback };
                  }),
              ),
            ),
          ),
        path,
      ),
    });
  };
