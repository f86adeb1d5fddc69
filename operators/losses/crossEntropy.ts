import { checkBounds, unit } from "../../core/bounds.ts";
import { exp } from "../../core/elementary/exp.ts";
import { log } from "../../core/elementary/log.ts";
import { type Problem, problem } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { named } from "../../core/named.ts";
import { readsOnly } from "../../core/readsOnly.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { evaluateLoss, type LossPlan, type LossValue } from "./evaluateLoss.ts";

/** Index of the largest logit of a sample (of equal ones the first), and logSumExp: log p[k] = x[k] - logSum. */
export const peakOf = (row: Float32Array): { readonly best: number; readonly logSum: number } => {
  let best = 0;
  for (let k = 1; k < row.length; k++) if ((row[k] as number) > (row[best] as number)) best = k;
  const largest = row[best] as number;
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += exp((row[k] as number) - largest);
  return { best, logSum: log(sum) + largest };
};

/**
 * Softmax and cross-entropy of logits [N, H, W, classes], a row each, with label smoothing s: targets are s / classes, plus 1 - s on the label.
 *
 *     loss = -mean over n of sum over k of target[n, k] log p[n, k],   dloss / dlogit = (p - target) / (number of rows)
 */
export const evaluateLogits = (logits: HostTensor, labels: Int32Array, smoothing: number): LossValue => {
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
      gradient[n * classes + k] = (exp(logP) - target) / samples;
    }
  }
  return { loss: loss / samples, metrics: { accuracy: correct / samples }, gradient };
};

/** Labels of a target, one for each row of logits. */
export const labelsOf = (target: Target): Int32Array =>
  target instanceof Int32Array ? target : Int32Array.from(elements(target));

/** Why labels do not match rows of logits; `undefined` if they do. */
const notClasses = (
  where: string,
  labels: ArrayLike<number>,
  classes: number,
  what: string,
): Problem | undefined => {
  for (let n = 0; n < labels.length; n++) {
    const label = labels[n] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < classes))
      return problem(where, `label ${label} at ${what} ${n}`, `integers from 0 to ${classes - 1}`);
  }
  return undefined;
};

/** Why a target is not one label per sample of logits [N, 1, 1, classes]; `undefined` if it is. */
const notLabels = (where: string, logits: Shape, target: Target): Problem | undefined => {
  const [samples, , , classes] = logits as [number, number, number, number];
  if (!(target instanceof Int32Array)) {
    if (sameShape(target.shape, [samples, 1, 1, 1]))
      return notClasses(where, elements(target), classes, "position");
    return problem(where, "a tensor as the target", "labels, an Int32Array with one label for each image");
  }
  if (target.length !== samples)
    return problem(
      where,
      `logits of ${logits.join("x")} for ${target.length} labels`,
      `${target.length}x1x1x${classes}`,
    );
  return notClasses(where, target, classes, "image");
};

/** Why a target is not one label per position of logits [N, H, W, classes]; `undefined` if it is. */
const notPositions = (where: string, logits: Shape, target: Target): Problem | undefined => {
  const [samples, , , classes] = logits as [number, number, number, number];
  const expected = [...logits.slice(0, 3), 1];
  const wanted = `a tensor of ${shapeText(expected)} with a label for each position`;
  if (target instanceof Int32Array)
    return problem(
      where,
      `logits of ${shapeText(logits)} for ${target.length} labels`,
      `${samples}x1x1x${classes}, or ${wanted}`,
      "end a classifier with dense(); give fromArrays a Float32Array of labels with a targetShape",
    );
  if (!sameShape(expected, target.shape))
    return problem(
      where,
      `a target of ${shapeText(target.shape)} for logits of ${shapeText(logits)}`,
      wanted,
      `give fromArrays a targetShape of [${expected.slice(1).join(", ")}]`,
    );
  return notClasses(where, elements(target), classes, "position");
};

/** The cross-entropy for an output [H, W, classes], or why there is none. */
export const crossEntropyOf = (shape: Shape, path: string, smoothing: number): LossPlan | Problem => {
  const [height, width, classes] = shape as [number, number, number];
  if (classes < 2)
    return problem(path, `logits of ${shape.join("x")}`, "1x1xclasses", "end the network with dense()");
  const isOne = height === 1 && width === 1;
  return {
    refuses: isOne ? notLabels : notPositions,
    metrics: ["accuracy"],
    evaluate: (logits, target) => evaluateLogits(logits, labelsOf(target), smoothing),
  };
};

/**
 * Mean cross-entropy of logits and integer labels, as `torch.nn.CrossEntropyLoss`. Emits the metrics `loss` and `accuracy`.
 *
 *     logits [N, 1, 1, classes],   labels Int32Array of N              ->   loss [1, 1, 1, 1]
 *     logits [N, H, W, classes],   labels a tensor [N, H, W, 1]        ->   loss [1, 1, 1, 1],   the mean over samples and positions
 *
 * With several positions, as in language models and segmentation, each has a label; `fromArrays` makes such targets from a `Float32Array`
 * with a `targetShape` of [H, W, 1]. A loss that is not finite emits a `Fault` naming the step and the first parameter that is not finite, and ends the run.
 *
 * @param options `smoothing`: label smoothing, the part of the target that is spread over all classes, in [0, 1). Default: 0.
 *   Szegedy et al. 2016, arXiv:1512.00567
 * @throws `RangeflowFailure` for unknown options, or a smoothing outside of [0, 1)
 * @returns a module that refuses to be built unless the network's output has at least two channels, its classes
 * @example
 * build(sequential(dense("dense1", { units: 10 }), crossEntropy({ smoothing: 0.1 })), scopeFor({ engine: reference(), shape: [28, 28, 1] })).shape; // [1, 1, 1]
 */
export const crossEntropy = (options: { readonly smoothing?: number } = {}): Module => {
  const { smoothing = 0 } = knownOptions("crossEntropy", options, { smoothing: true });
  checkBounds("crossEntropy", { smoothing }, { smoothing: unit });
  return named(
    smoothing === 0 ? "crossEntropy" : `crossEntropy:smoothing=${smoothing}`,
    evaluateLoss(readsOnly((shape, path) => crossEntropyOf(shape, path, smoothing))),
  );
};
