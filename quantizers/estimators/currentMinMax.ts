import { map } from "rxjs";
import { named } from "../../core/named.ts";
import { observedRange } from "../../core/range.ts";
import { monotone, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

const current: RangeEstimator = named(
  "currentMinMax",
  monotone(true, (observed$) => observed$.pipe(map(observedRange))),
);

/**
 * Dynamic min-max: the range of each tensor is its own minimum and maximum. Nothing is clipped, but every tensor takes
 * two passes: one to find its range, one to quantize it. PyTorch's `MinMaxObserver` keeps the extremes of all tensors
 * so far instead.
 *
 *     observed  --a--b--c--|
 *     range     --a--b--c--|
 *
 * Always returns the same function, so that sites recognize it even under another name.
 *
 * @example
 * from([[-1, 2], [-3, 4]].map((x) => statOf(x))).pipe(currentMinMax()); // [{ lo: -1, hi: 2 }, { lo: -3, hi: 4 }]
 */
export const currentMinMax = (): RangeEstimator => current;

/** `currentMinMax` in the catalogue of estimators. */
export const currentMinMaxEntry = estimatorEntry({
  name: "currentMinMax",
  summary: "min and max of the current tensor",
  source: "Jacob et al. 2018, arXiv:1712.05877",
  isStatic: false,
  options: {},
  make: currentMinMax,
});
