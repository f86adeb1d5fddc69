import * as O from "fp-ts/lib/Option.js";
import { skip, startWith } from "rxjs";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { movingAverage, observedRange, type Range } from "../../core/range.ts";
import { decay } from "./commonOptions.ts";
import { type Estimator, estimate, monotone, type RangeEstimator, startable } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

const declared = options({ decay });

/** The fold behind `runningMinMax`: a moving average that starts from `past`, or from the first tensor if there is none. */
export const averagedRange = (decay: number, past: O.Option<Range> = O.none): Estimator<O.Option<Range>> => ({
  init: past,
  step: (state, observed) =>
    O.some(
      O.isSome(state) ? movingAverage(decay, state.value, observedRange(observed)) : observedRange(observed),
    ),
  read: (state) => (O.isSome(state) ? state.value : { lo: 0, hi: 0 }),
});

/**
 * Moving average of the observed ranges, as PyTorch's `MovingAverageMinMaxObserver`. Dynamic: each tensor takes part in
 * its own range.
 *
 *     range <- decay * range + (1 - decay) * observed,   starting with the first tensor's own range
 *
 *     observed  --a---b----c-----|
 *     range     --a---ab---abc---|
 *
 * @param decay weight of the past, in [0, 1]; 0.9 averages over about 10 tensors. PyTorch names the other weight,
 *   `averaging_constant` = 1 - decay, with a default of 0.01. Default: 0.9.
 * @example
 * from([[-1, 2], [-3, 4]].map((x) => statOf(x))).pipe(runningMinMax({ decay: 0.5 })); // [{ lo: -1, hi: 2 }, { lo: -2, hi: 3 }]
 * @see docs/methods.md section 1; the `running` estimator of Qualcomm's oscillations-qat
 */
export const runningMinMax = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "runningMinMax");
  const startingAt = (first: Range): RangeEstimator =>
    monotone(true, (observed$) =>
      observed$.pipe(estimate(averagedRange(values.decay, O.some(first))), skip(1), startWith(first)),
    );
  return named(
    optionedName("runningMinMax", declared, values),
    startable(startingAt, monotone(true, estimate(averagedRange(values.decay)))),
  );
};

/** `runningMinMax` in the catalogue of estimators. */
export const runningMinMaxEntry = estimatorEntry({
  name: "runningMinMax",
  summary: "running average of ranges, including the current tensor",
  source: "Jacob et al. 2018, arXiv:1712.05877",
  isStatic: false,
  options: declared,
  make: runningMinMax,
});
