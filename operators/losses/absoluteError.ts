import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import { joined, type Module } from "../module/module.ts";
import { type Judgement, judging } from "./judge.ts";

/** Sums in float64, element after element. */
const judge = (output: HostTensor, target: HostTensor): Judgement => {
  const [y, t] = [elements(output), elements(target)];
  const samples = output.shape[0] as number;
  const size = y.length / samples;
  const gradient = new Float32Array(y.length);
  let sum = 0;
  let decibels = 0;
  for (let n = 0; n < samples; n++) {
    let squares = 0;
    for (let i = n * size; i < (n + 1) * size; i++) {
      const difference = (y[i] as number) - (t[i] as number);
      sum += Math.abs(difference);
      squares += difference * difference;
      gradient[i] = Math.sign(difference) / y.length;
    }
    decibels -= 10 * Math.log10(squares / size);
  }
  return { loss: sum / y.length, metrics: { psnr: decibels / samples }, gradient };
};

/** Why a target is not a tensor of the output's shape; nothing if it is. */
const notLike = (where: string, output: Shape, target: Target): Problem | undefined => {
  if (target instanceof Int32Array)
    return problem(where, "labels for a target", `a tensor of ${shapeText(output)}, as the output`);
  return sameShape(output, target.shape)
    ? undefined
    : problem(
        where,
        `an output of ${shapeText(output)} for a target of ${shapeText(target.shape)}`,
        "two of the same shape",
      );
};

/**
 * The mean absolute difference of a batch and its target, which is a tensor of the same shape; gives the loss [1, 1, 1, 1], emits
 * `loss` and `psnr`, the peak signal-to-noise ratio of values with a peak of 1, in dB, as a mean over images.
 *
 *     loss = mean of |y - t|,   dloss / dy = sign(y - t) / number of elements
 *     psnr = mean over n of 10 log10(1 / mean of (y[n] - t[n])^2)
 *
 * Infinite for an image without any error. Values below 0 and above 1 are not clipped.
 *
 * A loss that is not finite emits a `Fault` that names the step and the first parameter that is not finite, and ends the run.
 *
 * @see Lim et al. 2017, arXiv:1707.02921, section 4.2, on why not the squared difference
 */
export const absoluteError = (): Module => (scope) => {
  const path = joined(scope.path, "loss");
  return E.right({
    shape: [1, 1, 1],
    admits: ({ x, target, step }) =>
      notLike(`${path}, step ${step}`, [x.shape[0] as number, ...scope.shape], target),
    ...judging(scope, path, (output, target) => {
      const wrong = notLike(path, output.shape, target);
      if (wrong) throw new RangeflowFailure(wrong);
      return judge(output, target as HostTensor);
    }),
  });
};
