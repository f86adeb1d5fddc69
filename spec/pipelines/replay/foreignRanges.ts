/** @file Rows of foreign recordings as a replay sees them, for specs. */
import type { ForeignStat } from "../../../core/foreignStat.ts";
import type { RangeStat } from "../../../core/range.ts";
import type { RangeSeen } from "../../../core/signal.ts";

/** A row of somebody else's: what was printed of a tensor, exactly and as ends of a gradient where nothing else is said. */
export const foreignRow = (
  step: number,
  { min, max, facts }: Pick<RangeStat, "min" | "max" | "facts">,
  foreign: Partial<ForeignStat> = {},
  site = "a",
): RangeSeen => ({
  ...{ _tag: "RangeSeen", site, step, role: "gradient", estimator: "", verdict: "observed" },
  stat: { min, max, count: 0, nonFinite: 0, ...(facts && { facts }) },
  ...{ range: { lo: Number.NaN, hi: Number.NaN }, isStatic: false, clipped: 0, bytesMoved: 0, bytesSaved: 0 },
  foreign: { known: "minMax", minError: 0, maxError: 0, coldStart: false, ...foreign },
});
