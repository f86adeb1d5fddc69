/** @file Gaussian error linear unit of many numbers, in float64, each result rounded once to float32. */
import { erfc } from "../elementary/erfc.ts";
import type { PowersOfE } from "../elementary/exp.ts";

/**
 * Writes y = x gate(x) and, unless it is empty, the derivative of y. All other arrays have as many elements as x. One power of e is computed
 * for each number, in `powers`.
 */
type Gated = (
  x: Float32Array,
  y: Float32Array,
  derivative: Float32Array,
  powers: Float64Array,
  exp: PowersOfE,
) => void;

const perRoot2Pi = 1 / Math.sqrt(2 * Math.PI);
const [steepness, cubic] = [Math.sqrt(8 / Math.PI), 0.044715] as const;

/** The gate is the distribution function of the standard normal distribution. */
const none: Gated = (x, y, derivative, powers, exp) => {
  const isTraining = derivative.length > 0;
  if (isTraining) {
    for (let i = 0; i < x.length; i++) powers[i] = -0.5 * x[i]! * x[i]!;
    exp(powers);
  }
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    const gate = 0.5 * erfc(-value * Math.SQRT1_2);
    y[i] = value * gate;
    if (isTraining) derivative[i] = gate + value * perRoot2Pi * powers[i]!;
  }
};

/** The gate is (1 + tanh(u / 2)) / 2 = 1 / (1 + exp(-u)), u = sqrt(8 / pi) (x + 0.044715 x^3). */
const tanh: Gated = (x, y, derivative, powers, exp) => {
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    powers[i] = -steepness * value * (1 + cubic * (value * value));
  }
  exp(powers);
  const isTraining = derivative.length > 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    const gate = 1 / (1 + powers[i]!);
    y[i] = value * gate;
    if (isTraining)
      derivative[i] = gate + value * gate * (1 - gate) * steepness * (1 + 3 * cubic * (value * value));
  }
};

const gated = { none, tanh } as const satisfies Readonly<Record<string, Gated>>;

/** `none` for the distribution function itself, `tanh` for its approximation. */
export type GeluApproximation = keyof typeof gated;

export const geluApproximations = Object.keys(gated) as readonly GeluApproximation[];

/** Numbers whose powers of e are computed together; they fit into the fastest cache. */
const atOnce = 1024;

/**
 * The function that writes y = x gate(x) and, unless it is empty, the derivative of y.
 */
export const geluInFloat64 = (approximate: GeluApproximation) => {
  const room = new Float64Array(atOnce);
  const write: Gated = gated[approximate];
  return (x: Float32Array, y: Float32Array, derivative: Float32Array, exp: PowersOfE): void => {
    for (let from = 0; from < x.length; from += atOnce) {
      const end = Math.min(from + atOnce, x.length);
      const part = (of: Float32Array): Float32Array => of.subarray(from, end);
      write(part(x), part(y), part(derivative), room.subarray(0, end - from), exp);
    }
  };
};
