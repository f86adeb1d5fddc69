import { exp } from "../../core/elementary/exp.ts";
import { mean } from "../../core/mean.ts";
import { named } from "../../core/named.ts";
import type { Parameter, RangeSeen } from "../../core/signal.ts";
import { deviationOf } from "../../quantizers/estimators/dsgc.ts";

/** Computes a factor on the learning rate of each parameter from the `RangeSeen` signals of a step. */
export type RateScaling = (seen: readonly RangeSeen[]) => (parameter: Parameter) => number;

/** Options of `dclrs`. */
export interface DclrsOptions {
  /** How fast the factor falls with the deviation. Default: 20. */
  readonly alpha?: number;
  /** Smallest factor. Default: 0.1. */
  readonly beta?: number;
  /**
   * `layer`: each layer uses the deviation of its own gradient. `network`: all use the mean deviation. Default:
   * `layer`.
   */
  readonly per?: "layer" | "network";
}

/** Learning-rate factor for a given deviation of the quantized gradient: max(exp(-alpha * deviation), beta). */
export const deviationFactor = (
  deviation: number,
  { alpha = 20, beta = 0.1 }: Pick<DclrsOptions, "alpha" | "beta"> = {},
): number => Math.max(exp(-alpha * deviation), beta);

/** Deviations of this step's quantized gradients, by site, for sites whose estimator measures them. */
const deviationsIn = (seen: readonly RangeSeen[]): ReadonlyMap<string, number> =>
  new Map(
    seen.flatMap(({ site, role, range }) => {
      const deviation = role === "gradient" ? deviationOf(range) : undefined;
      return deviation === undefined ? [] : [[site, deviation] as const];
    }),
  );

/**
 * Deviation-counteractive learning rate scaling: the step is smaller where quantization changes the direction of the
 * gradient more.
 *
 *     rate <- rate * max(exp(-alpha * d), beta)
 *
 * The deviation d, 1 minus the cosine between the gradient and its quantized copy, is measured by the estimator of the
 * gradient site in its last search, as `dsgc` does, and reported with its range. A layer without a deviation keeps its
 * rate. A layer with two copies of its gradient uses the deviation of the copy for the weights, if it has one. With
 * `per: "network"`, d is the mean over all sites that have one.
 *
 * @see Zhu et al. 2020, arXiv:1912.12607. The default `per: "layer"` is our choice: docs/methods.md section 1b found no
 *   source.
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
