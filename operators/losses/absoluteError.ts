import { log10 } from "../../core/elementary/log10.ts";
import { named } from "../../core/named.ts";
import { readsOnly } from "../../core/readsOnly.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { evaluateLoss, type LossValue } from "./evaluateLoss.ts";
import { unlikeTarget } from "./loss.ts";

/** Sums in float64, element after element. */
const evaluate = (output: HostTensor, target: Target): LossValue => {
  const [y, t] = [elements(output), elements(target as HostTensor)];
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
    decibels -= 10 * log10(squares / size);
  }
  return { loss: sum / y.length, metrics: { psnr: decibels / samples }, gradient };
};

/**
 * Mean absolute error (L1 loss), as `torch.nn.L1Loss`. The target is a tensor with the shape of the output. Emits the metrics
 * `loss` and `psnr`, the mean over images of the peak signal-to-noise ratio in dB for a peak value of 1.
 *
 *     y [N, H, W, C],   t [N, H, W, C]   ->   loss [1, 1, 1, 1]
 *     loss = mean of |y - t|,   dloss / dy = sign(y - t) / number of elements
 *     psnr = mean over n of 10 log10(1 / mean of (y[n] - t[n])^2)
 *
 * The PSNR is Infinity for an image without any error. Values below 0 and above 1 are not clipped.
 *
 * A loss that is not finite emits a `Fault` naming the step and the first parameter that is not finite, and ends the run.
 *
 * @see Lim et al. 2017, arXiv:1707.02921, section 4.2, on why not the squared difference
 * @example
 * build(sequential(relu(), absoluteError()), scopeFor({ engine: reference(), shape: [28, 28, 1] })).shape; // [1, 1, 1]
 */
export const absoluteError = (): Module =>
  named(
    "absoluteError",
    evaluateLoss(readsOnly(() => ({ refuses: unlikeTarget, metrics: ["psnr"], evaluate }))),
  );
