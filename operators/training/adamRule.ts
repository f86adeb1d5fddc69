import { pow } from "../../core/elementary/pow.ts";
import { type AdamDecays, defaultDecays, momentsShape, updatesOf } from "./adamMoments.ts";
import { hostRule, type UpdateRule } from "./updateRule.ts";

/** Settings of one Adam update. */
export interface AdamUpdate extends AdamDecays {
  /** Learning rate of this update. */
  readonly rate: number;
  /** Weight decay; 0 for none. */
  readonly weightDecay: number;
  /** Whether a parameter decays by itself, as in AdamW, instead of in its gradient. Default: false. */
  readonly isDecoupled?: boolean;
}

/**
 * One Adam update in place, on the host. Computed in float64 and rounded once to float32, so that all engines give the
 * same bits.
 *
 *     g = gradient + weightDecay * parameter                 decoupled: g = gradient, parameter *= 1 - rate * weightDecay
 *     m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
 *     parameter -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon),   t = updates, this one included
 *
 * @param moments [m0, v0, m1, v1, .., t]
 */
export const adamUpdate = (
  p: Float32Array,
  moments: Float32Array,
  gradient: Float32Array,
  { rate, weightDecay, isDecoupled = false, beta1, beta2, epsilon }: AdamUpdate,
): void => {
  const [inGradient, byItself] = isDecoupled ? [0, weightDecay] : [weightDecay, 0];
  const t = updatesOf(moments) + 1;
  moments[2 * p.length] = t;
  const [ofFirst, ofSecond] = [1 - pow(beta1, t), 1 - pow(beta2, t)];
  for (let i = 0; i < p.length; i++) {
    const x = p[i] as number;
    const g = (gradient[i] as number) + inGradient * x;
    const m = beta1 * (moments[2 * i] as number) + (1 - beta1) * g;
    const v = beta2 * (moments[2 * i + 1] as number) + (1 - beta2) * g * g;
    moments[2 * i] = m;
    moments[2 * i + 1] = v;
    p[i] = x * (1 - rate * byItself) - (rate * (m / ofFirst)) / (Math.sqrt(v / ofSecond) + epsilon);
  }
};

/** Adam as an update rule, AdamW if decay is decoupled. The moments of a parameter are `${path}/moments`. */
export const adamRule = (beta1 = defaultDecays.beta1, isDecoupled = false): UpdateRule =>
  hostRule({
    state: { moments: momentsShape },
    update: (p, g, { moments }, { rate, weightDecay }) =>
      adamUpdate(p, moments, g, { ...defaultDecays, beta1, rate, weightDecay, isDecoupled }),
  });
