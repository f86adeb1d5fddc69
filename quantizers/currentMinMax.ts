import { map } from "rxjs";
import { observedRange } from "../core/range.ts";
import type { RangeEstimator } from "./estimator.ts";

/**
 * The range of this very tensor, nothing remembered: the least clipping there can be, for two passes over every tensor.
 *
 *     observed  --a--b--c--|
 *     range     --a--b--c--|
 */
export const currentMinMax = (): RangeEstimator => (observed$) => observed$.pipe(map(observedRange));
