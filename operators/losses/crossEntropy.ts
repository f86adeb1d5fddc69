import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, type RangeflowError, RangeflowFailure } from "../../core/errors.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import { type Admission, joined, type Module, type Scope } from "../module/module.ts";
import { type Judgement, judging } from "./judge.ts";

/** The largest of the logits of a sample, of equal ones the first, and log of the sum of exp of all: log p[k] = x[k] - logSum. */
export const peakOf = (row: Float32Array): { readonly best: number; readonly logSum: number } => {
  let best = 0;
  for (let k = 1; k < row.length; k++) if ((row[k] as number) > (row[best] as number)) best = k;
  const largest = row[best] as number;
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += Math.exp((row[k] as number) - largest);
  return { best, logSum: Math.log(sum) + largest };
};

/**
 * Softmax and cross-entropy of [N, 1, 1, classes], with targets smoothed by s: (1 - s) on the label, s / classes on each.
 *
 *     loss = -mean over n of sum over k of target[n, k] log p[n, k],   dloss / dlogit = (p - target) / N
 */
export const judgeLogits = (logits: HostTensor, labels: Int32Array, smoothing: number): Judgement => {
  const x = elements(logits);
  const classes = logits.shape[3] as number;
  const samples = x.length / classes;
  const gradient = new Float32Array(x.length);
  let loss = 0;
  let correct = 0;
  for (let n = 0; n < samples; n++) {
    const row = x.subarray(n * classes, (n + 1) * classes);
    const { best, logSum } = peakOf(row);
    const label = labels[n] as number;
    if (best === label) correct++;
    for (let k = 0; k < classes; k++) {
      const target = smoothing / classes + (k === label ? 1 - smoothing : 0);
      const logP = (row[k] as number) - logSum;
      if (target > 0) loss -= target * logP;
      gradient[n * classes + k] = (Math.exp(logP) - target) / samples;
    }
  }
  return { loss: loss / samples, metrics: { accuracy: correct / samples }, gradient };
};

/** Why a target is not one of so many classes for each sample; nothing if it is. */
const notLabels = (where: string, target: Target, classes: number): Problem | undefined => {
  if (!(target instanceof Int32Array))
    return problem(where, "a tensor for a target", "labels, which are an Int32Array with one for each image");
  for (let n = 0; n < target.length; n++) {
    const label = target[n] as number;
    if (label < 0 || label >= classes)
      return problem(where, `label ${label} at image ${n}`, `integers from 0 to ${classes - 1}`);
  }
  return undefined;
};

/**
 * The labels of a batch.
 *
 * @throws `RangeflowFailure` if they are none, of other classes, or not one for each row of the logits
 */
export const labelsIn = (path: string, target: Target, logits: HostTensor): Int32Array => {
  const [samples, height, width, classes] = logits.shape as [number, number, number, number];
  const wrong = notLabels(path, target, classes);
  if (wrong) throw new RangeflowFailure(wrong);
  const labels = target as Int32Array;
  if (labels.length !== samples || height !== 1 || width !== 1)
    throw new RangeflowFailure(
      problem(
        path,
        `logits of ${logits.shape.join("x")} for ${labels.length} labels`,
        `${labels.length}x1x1x${classes}`,
      ),
    );
  return labels;
};

/** What compares logits with labels, and where it stands. */
interface Labelling {
  readonly path: string;
  readonly judge: (logits: HostTensor, target: Target) => Judgement;
  readonly admits: Admission;
}

/** The cross-entropy of the logits [1, 1, classes] that a scope has; or why it has none. */
export const labelling = (
  { path: above, shape }: Scope,
  smoothing: number,
): E.Either<readonly RangeflowError[], Labelling> => {
  const path = joined(above, "loss");
  const [height, width, classes] = shape as [number, number, number];
  if (height !== 1 || width !== 1 || classes < 2)
    return E.left([
      problem(path, `logits of ${shape.join("x")}`, "1x1xclasses", "end the network with dense()"),
    ]);
  return E.right({
    path,
    judge: (logits, target) => judgeLogits(logits, labelsIn(path, target, logits), smoothing),
    admits: ({ target, step }) => notLabels(`${path}, step ${step}`, target, classes),
  });
};

/**
 * The mean cross-entropy of a batch: takes logits [N, 1, 1, classes], gives the loss [1, 1, 1, 1], emits `loss` and `accuracy`.
 *
 * A loss that is not finite emits a `Fault` that names the step and the first parameter that is not finite, and ends the run.
 *
 * @param smoothing part of the target that is spread over all classes, in [0, 1). Szegedy et al. 2016, arXiv:1512.00567
 */
export const crossEntropy =
  ({ smoothing = 0 }: { readonly smoothing?: number } = {}): Module =>
  (scope) =>
    E.map(({ path, judge, admits }: Labelling) => ({
      shape: [1, 1, 1],
      ...judging(scope, path, judge),
      admits,
    }))(labelling(scope, smoothing));
