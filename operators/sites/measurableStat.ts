import { measuring } from "../../core/measure.ts";
import type { RangeStat } from "../../core/range.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";

/**
 * A statistic that an estimator may ask the tensor itself, while it is handed on.
 *
 * @param tensor in host memory; without one there is nothing to ask
 * @param measured takes the answers, question by question
 */
export const measurableStat = (
  stat: RangeStat,
  tensor: HostTensor | undefined,
  measured: Record<string, readonly number[]>,
): RangeStat =>
  tensor
    ? { ...stat, measure: measuring({ values: elements(tensor), shape: tensor.shape }, measured) }
    : stat;
