/** @file Statistics of tensors that are there, so that an estimator can measure them as at a site. */
import type { RangeStat } from "../../core/range.ts";
import type { SiteGrid } from "../../core/siteFacts.ts";
import { statOf } from "../../core/statOf.ts";

export { statOf };

/** The statistic of the elements of a tensor with one channel. */
export const statOfElements = (values: readonly number[], grid: Partial<SiteGrid> = {}): RangeStat =>
  statOf(values, grid);
