import * as O from "fp-ts/lib/Option.js";
import type { Range } from "../core/range.ts";
import { estimate, type RangeEstimator } from "./estimator.ts";
import { oneTensorLate } from "./oneTensorLate.ts";
import { averagedRange } from "./runningMinMax.ts";

/**
 * In-hindsight min-max: each tensor is quantized with the running average of the ranges before it, so its site is static.
 *
 *     range(n + 1) <- decay * range(n) + (1 - decay) * observed(n)
 *
 * @param decay weight of the past, in [0, 1]
 * @param first a calibrated range for the first tensor, and the past of the average; without one the first tensor is
 *   quantized dynamically and its own range serves for the second tensor too
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246. How to start is our choice: methods.md section 1 found no source.
 */
export const inHindsight = ({
  decay = 0.9,
  first,
}: {
  readonly decay?: number;
  readonly first?: Range;
} = {}): RangeEstimator => oneTensorLate(estimate(averagedRange(decay, O.fromNullable(first))), first);
