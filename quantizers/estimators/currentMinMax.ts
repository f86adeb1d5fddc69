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
 * The range of this very tensor, nothing remembered: the least clipping there can be, for two passes over every tensor.
 *
 *     observed  --a--b--c--|
 *     range     --a--b--c--|
 *
 * It is the same function every time, so that a site knows it by that, whatever it is called.
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
