/** Loss of a logit, and its derivative. */
export interface LogitLoss {
  readonly loss: number;
  readonly slope: number;
}

/** log(1 + exp(x)) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * The penalty-reduced focal loss of a logit x for a heat h in [0, 1], which is 1 at the centre of an object and falls off around it, with p = sigmoid(x):
 *
 *     h = 1:   -(1 - p)^2 log p
 *     h < 1:   -(1 - h)^4 p^2 log(1 - p)
 *
 * so alpha is 2 and beta 4, as in the papers. They clip p to [1e-4, 1 - 1e-4]; we compute the logarithms from the logit, so nothing has to be clipped
 * and a gradient never ends.
 *
 * @see Law and Deng 2018, arXiv:1808.01244, equation 1; Zhou et al. 2019, arXiv:1904.07850, equation 1
 * @example
 * import { focalLoss } from "rangeflow/operators";
 *
 * // log(2) / 4
 * focalLoss(0, 1).loss; // 0.17328679513998632
 */
export const focalLoss = (x: number, heat: number): LogitLoss => {
  const p = 1 / (1 + Math.exp(-x));
  const q = 1 / (1 + Math.exp(x));
  if (heat === 1) {
    const surprise = softplus(-x);
    return { loss: q * q * surprise, slope: -q * q * (2 * p * surprise + q) };
  }
  const surprise = softplus(x);
  const weight = (1 - heat) ** 4;
  return { loss: weight * p * p * surprise, slope: weight * p * p * (2 * q * surprise + p) };
};
