import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { type Expr, type Made, ofTensor, settled, staged } from "../../core/expr.ts";
import type { Sinks } from "../../core/pass.ts";
import type { Activation, Emit, Parameter } from "../../core/signal.ts";
import { elements, type Shape, shapeText, sizeOf, type Tensor } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import { present } from "../module/kept.ts";
import { onActivation } from "../module/layer.ts";
import { joined, type Module } from "../module/module.ts";
import { held, heldFor, isOwn, releasing } from "../module/releasing.ts";

export interface BatchNormOptions {
  readonly epsilon?: number;
  /** Weight of the past in the running statistics. */
  readonly decay?: number;
}

interface Normalization {
  readonly engine: Engine;
  readonly scale: Parameter;
  readonly shift: Parameter;
  readonly mean: Parameter;
  readonly variance: Parameter;
  readonly epsilon: number;
  readonly decay: number;
}

/** Statistics of one batch, by channel, in float64. */
interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly count: number;
}

/** A plain loop, since `from` and `map` of a typed array take five times as long. */
const filled = <V extends Float32Array | Float64Array>(vector: V, f: (c: number) => number): V => {
  for (let c = 0; c < vector.length; c++) vector[c] = f(c);
  return vector;
};

const float32 = (channels: number, f: (c: number) => number): Float32Array =>
  filled(new Float32Array(channels), f);

const float64 = (channels: number, f: (c: number) => number): Float64Array =>
  filled(new Float64Array(channels), f);

const inverseDeviation = (variance: number, epsilon: number): number => 1 / Math.sqrt(variance + epsilon);

/** A mean as float32 has it, and what that leaves of it. */
const split = (
  mean: ArrayLike<number>,
): { readonly near: Float32Array; readonly rest: (c: number) => number } => {
  const near = float32(mean.length, (c) => mean[c] as number);
  return { near, rest: (c) => (mean[c] as number) - (near[c] as number) };
};

/** y = (x - mean) * gain + shift: what a normalization does once its statistics are known. */
const normalized = (
  { scale, shift, epsilon }: Normalization,
  mean: ArrayLike<number>,
  variance: ArrayLike<number>,
): { readonly gain: Float32Array; readonly stage: (x: Expr) => Expr } => {
  const [gamma, beta] = [elements(scale.value), elements(shift.value)];
  const { near, rest } = split(mean);
  const gain = float32(
    gamma.length,
    (c) => (gamma[c] as number) * inverseDeviation(variance[c] as number, epsilon),
  );
  const offset = float32(gamma.length, (c) => (beta[c] as number) - rest(c) * (gain[c] as number));
  return { gain, stage: staged({ _tag: "Normalize", mean: near, scale: gain, shift: offset }) };
};

interface StoredAndSummed {
  readonly tensor: Tensor;
  /** What to release once it is not needed any more: itself if it was written for this, or what came with it. */
  readonly made: readonly Made[];
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Sums over channels, and the tensor in memory: one pass, which writes it unless it is there. */
const storedAndSummed = (
  engine: Engine,
  x: Expr,
  sums: NonNullable<Sinks["channelSums"]>,
): Eventual<StoredAndSummed> => {
  const there = settled(x);
  const ours = isOwn(x);
  const again = held(x);
  return after(
    engine.run(again, { store: there === undefined, channelSums: sums }),
    ({ stored, channelSums }) =>
      after(present(channelSums, "channel sums"), ({ first, second }) => ({
        tensor: there ?? present(stored, "the stored tensor"),
        made: ours && stored ? [stored] : heldFor(x, again),
        first,
        second,
      })),
  );
};

/** Moments from the sums of x - around and of its squares. */
const momentsAround = (
  around: ArrayLike<number>,
  { first, second }: Pick<StoredAndSummed, "first" | "second">,
  count: number,
): Moments => {
  const distance = (c: number): number => (first[c] as number) / count;
  return {
    mean: float64(first.length, (c) => (around[c] as number) + distance(c)),
    variance: float64(first.length, (c) => Math.max((second[c] as number) / count - distance(c) ** 2, 0)),
    count,
  };
};

/** Standard deviations that what was subtracted may lie away from the mean: the variance then has lost four bits of 24. */
const farthest = 4;

/** Whether no channel has lost more. A deviation below that of `epsilon` does not show in what is normalized. */
const isNear = (around: ArrayLike<number>, { mean, variance }: Moments, epsilon: number): boolean => {
  for (let c = 0; c < mean.length; c++) {
    const distance = ((mean[c] as number) - (around[c] as number)) / farthest;
    if (!(distance ** 2 <= (variance[c] as number) + epsilon)) return false;
  }
  return true;
};

/**
 * Writes x to memory and takes its moments around the running mean, so that nothing cancels: one pass. Where the running mean turns out to
 * be far away, as in the first steps it may be, they are taken once more, around the mean that was found.
 */
const momentsOf = (
  { engine, mean, epsilon }: Normalization,
  x: Expr,
): Eventual<Pick<StoredAndSummed, "tensor" | "made"> & { readonly moments: Moments }> => {
  const running = elements(mean.value);
  return after(storedAndSummed(engine, x, { around: running }), ({ tensor, made, ...sums }) => {
    const count = tensor.size / running.length;
    const moments = momentsAround(running, sums, count);
    if (isNear(running, moments, epsilon)) return { tensor, made, moments };
    const around = float32(running.length, (c) => moments.mean[c] as number);
    return after(engine.run(ofTensor(tensor), { channelSums: { around } }), ({ channelSums }) =>
      after(present(channelSums, "channel sums"), (again) => ({
        tensor,
        made,
        moments: momentsAround(around, again, count),
      })),
    );
  });
};

/** Running statistics follow the batch; the variance they keep is the unbiased one, as in PyTorch. */
const follow = ({ mean, variance, decay }: Normalization, batch: Moments): void => {
  const unbiased = batch.count / Math.max(batch.count - 1, 1);
  const [runningMean, runningVariance] = [elements(mean.value), elements(variance.value)];
  for (let c = 0; c < runningMean.length; c++) {
    runningMean[c] = decay * (runningMean[c] as number) + (1 - decay) * (batch.mean[c] as number);
    runningVariance[c] =
      decay * (runningVariance[c] as number) + (1 - decay) * unbiased * (batch.variance[c] as number);
  }
};

/**
 * The pullback of a normalization with batch statistics, xc = x - mean, r = 1 / sqrt(variance + epsilon):
 *
 *     dshift = sum dy          dscale = r * sum dy * xc
 *     dx     = gain * dy + xc * slope + offset,   slope = -gain * r^2 * mean(dy * xc),   offset = -gain * mean(dy)
 *
 * Engines subtract the mean as float32 has it; what that leaves of it goes into the offsets. Two passes: one writes dy and sums it, the
 * other is left to whoever uses dx.
 */
const backward =
  (
    { engine, scale, shift, epsilon }: Normalization,
    { step, pullback }: Activation,
    x: Tensor,
    madeX: readonly Made[],
    { mean, variance, count }: Moments,
    gain: Float32Array,
  ) =>
  (dy: Expr, emit: Emit): Eventual<void> => {
    const channels = gain.length;
    const { near, rest } = split(mean);
    return after(
      storedAndSummed(engine, dy, { of: ofTensor(x), around: near }),
      ({ tensor, made, first, second }) => {
        const alongX = (c: number): number => (second[c] as number) - rest(c) * (first[c] as number);
        const inverse = (c: number): number => inverseDeviation(variance[c] as number, epsilon);
        const tell = (parameter: Parameter, f: (c: number) => number): void => {
          const gradient = engine.upload(float32(channels, f), parameter.value.shape);
          emit({ _tag: "ParameterGradient", step, parameter, gradient });
        };
        const slope32 = float32(
          channels,
          (c) => (-(gain[c] as number) * inverse(c) ** 2 * alongX(c)) / count,
        );
        const combine = staged({
          _tag: "Combine",
          other: ofTensor(x),
          mean: near,
          scale: gain,
          slope: slope32,
          shift: float32(
            channels,
            (c) => (-(gain[c] as number) * (first[c] as number)) / count - rest(c) * (slope32[c] as number),
          ),
        });
        tell(scale, (c) => inverse(c) * alongX(c));
        tell(shift, (c) => first[c] as number);
        return pullback(releasing(combine(ofTensor(tensor)), [...made, ...madeX]), emit);
      },
    );
  };

/** A channel of one value has no spread: normalized it is 0, whatever it was, and nothing is learned from it. */
const checkSpread = (path: string, step: number, shape: Shape): void => {
  if (sizeOf(shape) > (shape.at(-1) as number)) return;
  throw new RangeflowFailure(
    problem(
      `${path}, step ${step}`,
      `one value for each channel of ${shapeText(shape)} in training`,
      "more than one",
      "take more images in a batch, or normalize before the image is one pixel",
    ),
  );
};

/**
 * Batch normalization over all but the channels: batch statistics in training, running ones in evaluation.
 *
 *     y = (x - mean) / sqrt(variance + epsilon) * scale + shift
 *
 * Parameters `${name}/scale` and `${name}/shift` are trained and do not decay; `${name}/mean` and `${name}/variance` run along.
 *
 * A training batch with a single value for each channel ends the run, as in PyTorch: there is nothing to normalize by.
 *
 * @see Ioffe and Szegedy 2015, arXiv:1502.03167
 */
export const batchNorm =
  (name: string, { epsilon = 1e-5, decay = 0.9 }: BatchNormOptions = {}): Module =>
  (scope) => {
    const path = joined(scope.path, name);
    if (scope.parameters.find(`${path}/scale`))
      return E.left([problem(path, "a second layer of this name", "a name of its own for every layer")]);
    const { engine, parameters, shape } = scope;
    const channels = [shape[2] as number];
    const norm: Normalization = {
      engine,
      epsilon,
      decay,
      scale: parameters.create(`${path}/scale`, "normalization", channels, constant(1)),
      shift: parameters.create(`${path}/shift`, "normalization", channels, constant(0)),
      mean: parameters.create(`${path}/mean`, "statistic", channels, constant(0)),
      variance: parameters.create(`${path}/variance`, "statistic", channels, constant(1)),
    };

    const trained = (activation: Activation): Eventual<Activation> => {
      checkSpread(path, activation.step, activation.x.shape);
      return after(momentsOf(norm, activation.x), ({ tensor, made, moments }) => {
        follow(norm, moments);
        const { gain, stage } = normalized(norm, moments.mean, moments.variance);
        const pullback = backward(norm, activation, tensor, made, moments, gain);
        return { ...activation, x: stage(ofTensor(tensor)), pullback };
      });
    };

    const evaluated = (activation: Activation): Activation => {
      const { stage } = normalized(norm, elements(norm.mean.value), elements(norm.variance.value));
      return { ...activation, x: stage(activation.x) };
    };

    return E.right({
      shape,
      layer: onActivation(
        (activation) => (activation.training ? trained(activation) : evaluated(activation)),
        path,
      ),
    });
  };
