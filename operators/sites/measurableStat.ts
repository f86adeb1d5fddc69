import { measuring } from "../../core/measure.ts";
import type { RangeStat } from "../../core/range.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";

/**
 * A statistic with a `measure`, valid while it is being passed on.
 *
 * @param tensor in host memory; without one the statistic is returned unchanged
 * @param measured receives the answers, by question
 */
export const measurableStat = (
  stat: RangeStat,
  tensor: HostTensor | undefined,
  measured: Record<string, readonly number[]>,
): RangeStat =>
  tensor
    ? { ...stat, measure: measuring({ values: elements(tensor), shape: tensor.shape }, measured) }
    : stat;
