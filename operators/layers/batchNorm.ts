import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Expr, ofTensor, staged } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { square } from "../../core/square.ts";
import { elements, type Shape, shapeText, sizeOf } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { present } from "../step/tape.ts";
import { wait } from "../step/task.ts";
import { float32, follow, momentsOf, split } from "./moments.ts";

/** Options of `batchNorm`. */
export interface BatchNormOptions {
  /** Added to the variance before the square root is taken. Default: 1e-5, as in PyTorch. */
  readonly epsilon?: number;
  /**
   * Weight of the past in the running statistics, in [0, 1]. PyTorch names the other weight, `momentum` = 1 - decay.
   * Default: 0.9.
   */
  readonly decay?: number;
}

const inverseDeviation = (variance: number, epsilon: number): number => 1 / Math.sqrt(variance + epsilon);

/** Parameters of a normalization, and the statistics to normalize by; one number per channel. */
export interface Affine {
  readonly scale: Float32Array;
  readonly shift: Float32Array;
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  readonly epsilon: number;
}

/** y = (x - mean) * gain + offset, per channel in float32: a normalization whose statistics are known. */
export const normalization = ({
  scale,
  shift,
  mean,
  variance,
  epsilon,
}: Affine): { readonly mean: Float32Array; readonly gain: Float32Array; readonly offset: Float32Array } => {
  const { near, rest } = split(mean);
  const gain = float32(
    scale.length,
    (c) => (scale[c] as number) * inverseDeviation(variance[c] as number, epsilon),
  );
  const offset = float32(scale.length, (c) => (shift[c] as number) - rest(c) * (gain[c] as number));
  return { mean: near, gain, offset };
};

const normalized = (affine: Affine): { readonly gain: Float32Array; readonly stage: (x: Expr) => Expr } => {
  const { mean, gain, offset } = normalization(affine);
  return { gain, stage: staged({ _tag: "Normalize", mean, scale: gain, shift: offset }) };
};

/**
 * A channel with a single value has no spread: it would be normalized to 0 whatever its value, and nothing could be
 * learned from it.
 */
const checkSpread = (where: string, shape: Shape): void => {
  if (sizeOf(shape) > (shape.at(-1) as number)) return;
  throw new RangeflowFailure(
    problem(
      where,
      `a single value for each channel of ${shapeText(shape)} in training`,
      "more than one",
      "use a larger batch, or normalize before the image is one pixel",
    ),
  );
};

/**
 * Batch normalization over N, H and W, for each channel: with batch statistics in training, and with running statistics
 * in evaluation. The counterpart of `torch.nn.BatchNorm2d`.
 *
 *     x [N, H, W, C] -> y [N, H, W, C],   y = (x - mean) / sqrt(variance + epsilon) * scale + shift
 *
 * `${name}/scale` [C] starts at 1 and `${name}/shift` [C] at 0. Both are trained, and are exempt from weight decay by
 * default. The running statistics are `${name}/mean` [C] and `${name}/variance` [C], the latter unbiased as in PyTorch.
 * With xc = x - mean, r = 1 / sqrt(variance + epsilon) and gain = r * scale, the gradients are
 *
 *     dshift = sum dy          dscale = r * sum dy * xc
 *     dx     = gain * dy + xc * slope + offset,   slope = -gain * r^2 * mean(dy * xc),   offset = -gain * mean(dy)
 *
 * Engines subtract the mean rounded to float32; the rounding error of the mean is corrected in the offsets. The
 * backward pass stores dy and sums it in one pass; dx is computed in the pass that uses it.
 *
 * @throws `RangeflowFailure` in a training step with a single value per channel, because its variance is 0; PyTorch
 *   refuses it, too
 * @see Ioffe and Szegedy 2015, arXiv:1502.03167
 * @example
 * build(batchNorm("norm1"), scopeFor({ engine: reference(), shape: [28, 28, 8] })).shape; // [28, 28, 8]
 */
export const batchNorm = (name: string, options: BatchNormOptions = {}): Module =>
  layer(name, ({ parameter, path, shape }) => {
    const { epsilon = 1e-5, decay = 0.9 } = knownOptions(path, options, { epsilon: true, decay: true });
    const channels = shape[2] as number;
    const scale = parameter("scale", "normalization", [channels], constant(1));
    const shift = parameter("shift", "normalization", [channels], constant(0));
    const mean = parameter("mean", "statistic", [channels], constant(0));
    const variance = parameter("variance", "statistic", [channels], constant(1));
    const affine = (by: Pick<Affine, "mean" | "variance">): Affine => ({
      scale: elements(scale.value),
      shift: elements(shift.value),
      epsilon,
      mean: by.mean,
      variance: by.variance,
    });
    return {
      kind: "batchNorm",
      options: { epsilon, decay },
      forward: function* (x, ctx) {
        checkSpread(ctx.where, x.shape);
        const { tensor, moments } = yield* momentsOf(ctx, x, elements(mean.value), epsilon);
        follow({ mean, variance, decay }, moments);
        const { gain, stage } = normalized(affine(moments));
        const stored = ofTensor(tensor);
        return { y: stage(stored), save: { x: stored, moments, gain } };
      },

      backward: function* (dyOnce, { x, moments, gain }, ctx) {
        const { near, rest } = split(moments.mean);
        const sinks = { store: true, channelSums: { of: x, around: near } };
        const { stored, channelSums } = yield* ctx.run(dyOnce, sinks);
        const { first, second } = yield* wait(present(channelSums, "channel sums"));
        const alongX = (c: number): number => (second[c] as number) - rest(c) * (first[c] as number);
        const inverse = (c: number): number => inverseDeviation(moments.variance[c] as number, epsilon);
        const { count } = moments;
        const slope = float32(
          channels,
          (c) => (-(gain[c] as number) * square(inverse(c)) * alongX(c)) / count,
        );
        const offset = float32(
          channels,
          (c) => (-(gain[c] as number) * (first[c] as number)) / count - rest(c) * (slope[c] as number),
        );
        const combine = staged({ _tag: "Combine", other: x, mean: near, scale: gain, slope, shift: offset });
        const vector = (f: (c: number) => number): Expr =>
          ofTensor(ctx.upload(float32(channels, f), [channels]));
        return {
          dx: combine(ofTensor(present(stored, "the stored gradient"))),
          gradients: new Map([
            [scale, vector((c) => inverse(c) * alongX(c))],
            [shift, vector((c) => first[c] as number)],
          ]),
        };
      },

      evaluate: (x) =>
        normalized(affine({ mean: elements(mean.value), variance: elements(variance.value) })).stage(x),
    };
  });
