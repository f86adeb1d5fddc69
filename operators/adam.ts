import { elements, type Tensor } from "../core/tensor.ts";

/** Decays of both moments, and what keeps the quotient finite. */
const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/** Numbers that Adam keeps beside a parameter of so many: both moments of each, and how often it was updated. */
export const adamStateSize = (count: number): number => 2 * count + 1;

/**
 * One update of a parameter of few numbers, in place, on the host: float64, rounded once to what is kept.
 *
 *     m = beta1 m + (1 - beta1) g,   v = beta2 v + (1 - beta2) g^2
 *     parameter -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon),   t = updates, this one included
 *
 * @see Kingma and Ba 2015, arXiv:1412.6980; betas .9 and .999, epsilon 1e-8
 */
export const adam = (parameter: Tensor, state: Tensor, gradient: Tensor, rate: number): void => {
  const [p, s, g] = [elements(parameter), elements(state), elements(gradient)];
  const t = (s[2 * p.length] as number) + 1;
  s[2 * p.length] = t;
  for (let i = 0; i < p.length; i++) {
    const slope = g[i] as number;
    const m = beta1 * (s[2 * i] as number) + (1 - beta1) * slope;
    const v = beta2 * (s[2 * i + 1] as number) + (1 - beta2) * slope * slope;
    s[2 * i] = m;
    s[2 * i + 1] = v;
    p[i] = (p[i] as number) - (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
  }
};
