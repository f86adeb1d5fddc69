import { erfc } from "../../core/elementary/erfc.ts";

/** What `gelu` multiplies x by. One power of e is computed for many numbers at a time, and given to both functions. */
export interface Gate {
  /** The exponent of that power. */
  readonly exponent: (x: number) => number;
  readonly at: (x: number, power: number) => number;
  /** x times the slope of the gate at x, where the gate is `gate`. */
  readonly rise: (x: number, power: number, gate: number) => number;
}

const perRoot2Pi = 1 / Math.sqrt(2 * Math.PI);
const [steepness, cubic] = [Math.sqrt(8 / Math.PI), 0.044715] as const;

/** The distribution function of the standard normal distribution, and its approximation: (1 + tanh(u / 2)) / 2 = 1 / (1 + exp(-u)). */
export const gaussianGates = {
  none: {
    exponent: (x) => -0.5 * x * x,
    at: (x) => 0.5 * erfc(-x * Math.SQRT1_2),
    rise: (x, power) => x * perRoot2Pi * power,
  },
  tanh: {
    exponent: (x) => -steepness * x * (1 + cubic * (x * x)),
    at: (_, power) => 1 / (1 + power),
    rise: (x, _, gate) => x * gate * (1 - gate) * steepness * (1 + 3 * cubic * (x * x)),
  },
} as const satisfies Readonly<Record<string, Gate>>;
