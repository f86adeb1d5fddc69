import { exp } from "../../core/elementary/exp.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import { evaluateLogits, peakOf } from "./crossEntropy.ts";

/** Logits [N, 1, 1, classes] of the same samples from a float32 and a quantized network. */
export interface LogitPair {
  readonly float: HostTensor;
  readonly quantized: HostTensor;
}

/** The loss of a pair, and its gradients. */
export interface Lagrangian {
  readonly loss: number;
  /** Objective that is minimized under the constraint: the cross-entropy of the float32 logits. */
  readonly objective: number;
  /** Slack of the constraint: its value minus the bound, negative while it holds. */
  readonly slack: number;
  /** Accuracy of the quantized logits, in [0, 1]. */
  readonly accuracy: number;
  /** Gradients of the loss with respect to both logits, element by element. */
  readonly gradients: { readonly float: Float32Array; readonly quantized: Float32Array };
}

/** Options of `lagrangian`. */
export interface LagrangianOptions {
  /** Lagrange multiplier: weight of the slack in the loss. */
  readonly multiplier: number;
  /** Upper bound on the soft cross-entropy. */
  readonly bound: number;
  /** Label smoothing of the float32 network, as for `crossEntropy`. */
  readonly smoothing: number;
}

/**
 * Lagrangian of training a float32 network on labels while a quantized network must give nearly the same output:
 *
 *     loss = cross-entropy(float, labels) + multiplier * slack
 *     slack = -mean over n of sum over k of p[n, k] log q[n, k]  -  bound,   p, q = softmax of float and quantized logits
 *
 * Both sides of the constraint are differentiated. The slack is at least the mean entropy of p minus the bound, so the bound also
 * requires confident predictions of the float32 network.
 *
 * @see Hounie et al. 2023, arXiv:2210.15623
 */
export const lagrangian = (
  { float, quantized }: LogitPair,
  labels: Int32Array,
  { multiplier, bound, smoothing }: LagrangianOptions,
): Lagrangian => {
  const [ofFloat, ofQuantized] = [elements(float), elements(quantized)] as [Float32Array, Float32Array];
  const classes = float.shape[3] as number;
  const samples = labels.length;
  const objective = evaluateLogits(float, labels, smoothing);
  const gradients = {
    float: Float64Array.from(objective.gradient),
    quantized: new Float64Array(ofQuantized.length),
  };
  const weight = multiplier / samples;
  let sum = 0;
  let correct = 0;
  for (let n = 0; n < samples; n++) {
    const at = n * classes;
    const [f, q] = [ofFloat.subarray(at, at + classes), ofQuantized.subarray(at, at + classes)];
    const [fPeak, qPeak] = [peakOf(f), peakOf(q)];
    if (qPeak.best === labels[n]) correct++;
    const logP = (k: number): number => (f[k] as number) - fPeak.logSum;
    const logQ = (k: number): number => (q[k] as number) - qPeak.logSum;
    let soft = 0;
    for (let k = 0; k < classes; k++) soft -= exp(logP(k)) * logQ(k);
    for (let k = 0; k < classes; k++) {
      const p = exp(logP(k));
      (gradients.float[at + k] as number) -= weight * p * (logQ(k) + soft);
      gradients.quantized[at + k] = weight * (exp(logQ(k)) - p);
    }
    sum += soft;
  }
  const slack = sum / samples - bound;
  return {
    loss: objective.loss + multiplier * slack,
    objective: objective.loss,
    slack,
    accuracy: correct / samples,
    gradients: {
      float: Float32Array.from(gradients.float),
      quantized: Float32Array.from(gradients.quantized),
    },
  };
};
