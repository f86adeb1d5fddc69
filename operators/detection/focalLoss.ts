import { exp } from "../../core/elementary/exp.ts";
import { log1p } from "../../core/elementary/log1p.ts";
import { square } from "../../core/square.ts";
/** Loss of a logit, and its derivative. */
export interface LogitLoss {
  readonly loss: number;
  /** Derivative with respect to the logit. */
  readonly slope: number;
}

/**
 * Penalty-reduced focal loss of a logit x for a heat h in [0, 1], which is 1 at the centre of an object and decreases around it.
 * With p = sigmoid(x):
 *
 *     h = 1:   -(1 - p)^2 log p
 *     h < 1:   -(1 - h)^4 p^2 log(1 - p)
 *
 * that is, alpha = 2 and beta = 4, as in the papers. They clip p to [1e-4, 1 - 1e-4]; here logarithms are computed from the logit,
 * so neither p nor the gradient needs clipping.
 *
 * @see Law and Deng 2018, arXiv:1808.01244, equation 1; Zhou et al. 2019, arXiv:1904.07850, equation 1
 * @example
 * import { focalLoss } from "rangeflow/operators";
 *
 * // log(2) / 4
 * focalLoss(0, 1).loss; // 0.17328679513998632
 */
export const focalLoss = (x: number, heat: number): LogitLoss => {
  const e = exp(-Math.abs(x));
  const likely = 1 / (1 + e);
  const p = x < 0 ? e * likely : likely;
  const q = x < 0 ? likely : e * likely;
  const least = log1p(e);
  if (heat === 1) {
    const surprise = least + Math.max(-x, 0);
    return { loss: q * q * surprise, slope: -q * q * (2 * p * surprise + q) };
  }
  const surprise = least + Math.max(x, 0);
  const weight = square(square(1 - heat));
  return { loss: weight * p * p * surprise, slope: weight * p * p * (2 * q * surprise + p) };
};
