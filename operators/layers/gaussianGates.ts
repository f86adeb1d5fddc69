import { erfc } from "../../core/elementary/erfc.ts";
import { exp } from "../../core/elementary/exp.ts";

/** What `gelu` multiplies x by. */
export interface Gate {
  readonly at: (x: number) => number;
  /** x times the slope of the gate at x, where the gate is `gate`. */
  readonly rise: (x: number, gate: number) => number;
}

const perRoot2Pi = 1 / Math.sqrt(2 * Math.PI);
const [steepness, cubic] = [Math.sqrt(8 / Math.PI), 0.044715] as const;

/** The distribution function of the standard normal distribution, and its approximation: (1 + tanh(u / 2)) / 2 = 1 / (1 + exp(-u)). */
export const gaussianGates = {
  none: {
    at: (x) => 0.5 * erfc(-x * Math.SQRT1_2),
    rise: (x) => x * perRoot2Pi * exp(-0.5 * x * x),
  },
  tanh: {
    at: (x) => 1 / (1 + exp(-steepness * x * (1 + cubic * (x * x)))),
    rise: (x, gate) => x * gate * (1 - gate) * steepness * (1 + 3 * cubic * (x * x)),
  },
} as const satisfies Readonly<Record<string, Gate>>;
