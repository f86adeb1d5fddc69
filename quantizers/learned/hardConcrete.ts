/**
 * @file Hard-concrete masks: random numbers in [0, 1] that are exactly 0 or 1 with nonzero probability, and
 *   differentiable in between.
 *
 *     s = sigmoid((log u - log(1 - u) + logit) / beta),   mask = clamp(s (high - low) + low, 0, 1),   u uniform in (0, 1)
 *
 * with beta = 2/3, low = -0.1, high = 1.1.
 *
 * @see Louizos et al. 2018, arXiv:1712.01312
 */
import { exp } from "../../core/elementary/exp.ts";
import { log } from "../../core/elementary/log.ts";

const beta = 2 / 3;
const low = -0.1;
const high = 1.1;
/** P(mask > 0) = sigmoid(logit + offset). */
const offset = -beta * log(-low / high);

const sigmoid = (x: number): number => 1 / (1 + exp(-x));
const stretched = (s: number): number => Math.min(Math.max(s * (high - low) + low, 0), 1);
const drawnSigmoid = (logit: number, u: number): number => sigmoid((log(u) - log(1 - u) + logit) / beta);

/** A mask drawn with u in (0, 1). */
export const drawnMask = (logit: number, u: number): number => stretched(drawnSigmoid(logit, u));

/** The mask without noise, for evaluation. */
export const restingMask = (logit: number): number => stretched(sigmoid(logit));

/** d mask / d logit at the u that the mask was drawn with. */
export const maskSlope = (logit: number, u: number): number => {
  const s = drawnSigmoid(logit, u);
  const mask = s * (high - low) + low;
  return mask > 0 && mask < 1 ? ((high - low) / beta) * s * (1 - s) : 0;
};

/** Probability that a mask is not 0. */
export const chanceToStay = (logit: number): number => sigmoid(logit + offset);

/** Logit of a mask that is 0 with probability `drop`. */
export const logitOf = (drop: number): number => log(1 / drop - 1) - offset;
