import type { Engine } from "../../core/engine.ts";
import { type Expr, ofTensor, staged } from "../../core/expr.ts";
import type { ParameterGradient } from "../../core/signal.ts";
import { reshaped, sizeOf, type Tensor } from "../../core/tensor.ts";
import { present } from "../step/tape.ts";
import { type Task, wait, waitAll } from "../step/task.ts";

/** All elements of a tensor of any shape, as one channel of an image. */
const asChannel = (x: Tensor): Expr => ofTensor(reshaped(x, [1, 1, sizeOf(x.shape), 1]));

/** Sum of squares of a tensor, in float64. */
function* squares(engine: Engine, gradient: Tensor): Task<number> {
  const around = new Float32Array(1);
  const { channelSums } = yield* wait(engine.run(asChannel(gradient), { channelSums: { around } }));
  const { second } = yield* wait(present(channelSums, "channel sums"));
  return second[0] as number;
}

/** A tensor times a factor. */
function* scaled(engine: Engine, gradient: Tensor, factor: number): Task<Tensor> {
  const scale = Float32Array.of(factor);
  const product = staged({ _tag: "Affine", scale })(asChannel(gradient));
  const { stored } = yield* wait(engine.run(product, { store: true }));
  return reshaped(present(stored, "the scaled gradient"), gradient.shape);
}

/**
 * Gradients whose norm over all parameters together is at most `most`, as by PyTorch's `clip_grad_norm_`:
 *
 *     norm = sqrt(sum over all parameters of gradient^2)
 *     gradient *= most / (norm + 1e-6)                     if that factor is less than 1
 *
 * As there, one NaN makes all of them NaN, and an infinite element becomes NaN and all others 0. The norm is computed in float64 and the
 * factor rounded to float32; all engines give the same bits.
 *
 * @see Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063
 */
export function* clipGradientNorm(
  engine: Engine,
  gradients: readonly ParameterGradient[],
  most: number,
): Task<readonly ParameterGradient[]> {
  const sums = yield* waitAll(gradients.map(({ gradient }) => squares(engine, gradient)));
  const norm = Math.sqrt(sums.reduce((sum, one) => sum + one, 0));
  const factor = most / (norm + 1e-6);
  if (factor >= 1) return gradients;
  const clipped = yield* waitAll(gradients.map(({ gradient }) => scaled(engine, gradient, factor)));
  return gradients.map((signal, i) => ({ ...signal, gradient: clipped[i] as Tensor }));
}
