import { mean } from "../../core/mean.ts";
import { named } from "../../core/named.ts";
import type { Parameter, RangeSeen } from "../../core/signal.ts";
import { deviationOf } from "../../quantizers/estimators/dsgc.ts";

/** Factor on the learning rate of each parameter, by what the gradient sites have seen in a step. */
export type RateScaling = (seen: readonly RangeSeen[]) => (parameter: Parameter) => number;

/** Options of the rate scaling by the direction of gradients. */
export interface DclrsOptions {
  /** Speed with which the factor falls; 20 if missing. */
  readonly alpha?: number;
  /** The least factor; 0.1 if missing. */
  readonly beta?: number;
  /** Whether each layer goes by its own gradient, or all by the mean of them. */
  readonly per?: "layer" | "network";
}

/** The factor for a gradient that quantization turns so far: max(exp(-alpha * deviation), beta). */
export const deviationFactor = (
  deviation: number,
  { alpha = 20, beta = 0.1 }: Pick<DclrsOptions, "alpha" | "beta"> = {},
): number => Math.max(Math.exp(-alpha * deviation), beta);

/** Deviations of the gradients of a step by quantization, by site, where their estimators measure them. */
const deviationsIn = (seen: readonly RangeSeen[]): ReadonlyMap<string, number> =>
  new Map(
    seen.flatMap(({ site, role, range }) => {
      const deviation = role === "gradient" ? deviationOf(range) : undefined;
      return deviation === undefined ? [] : [[site, deviation] as const];
    }),
  );

/**
 * Deviation-counteractive learning rates: where quantization turns the gradient far, steps are smaller.
 *
 *     rate <- rate * max(exp(-alpha * d), beta)
 *
 * The deviation d is that which the estimator of a gradient site found at its last search and says with its range, as `dsgc` does. A
 * layer without one keeps its rate; one with two copies of its gradient goes by the copy for its weights, if that says one. In a network of
 * one rate, d is the mean over the sites that have one.
 *
 * @see Zhu et al. 2020, arXiv:1912.12607. Whether layers go on their own is our choice: docs/methods.md section 1b found no source.
 */
export const dclrs = ({ per = "layer", ...factor }: DclrsOptions = {}): RateScaling =>
  named(
    [`dclrs:per=${per}`, ...Object.entries(factor).map(([key, value]) => `${key}=${value}`)].join(","),
    (seen) => {
      const deviations = deviationsIn(seen);
      if (deviations.size === 0) return () => 1;
      const ofAll = deviationFactor(mean([...deviations.values()]), factor);
      if (per === "network") return () => ofAll;
      return ({ path }) => {
        const layer = path.slice(0, path.lastIndexOf("/"));
        const deviation = deviations.get(`${layer}/weightGradient`) ?? deviations.get(`${layer}/gradient`);
        return deviation === undefined ? 1 : deviationFactor(deviation, factor);
      };
    },
  );
