import * as O from "fp-ts/lib/Option.js";
import { type MonoTypeOperatorFunction, Observable, startWith, tap } from "rxjs";
import { endsInOrder } from "../../core/entry.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import { options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { decay, firstOf, firstRange } from "./commonOptions.ts";
import { combinedName, estimate, measures, monotone, type RangeEstimator, startable } from "./estimator.ts";
import { combinatorEntry, estimatorEntry } from "./estimatorEntry.ts";
import { averagedRange } from "./runningMinMax.ts";

/** Emits the first range twice. */
const firstTwice: MonoTypeOperatorFunction<Range> = (range$) =>
  new Observable((subscriber) => {
    let isFirst = true;
    return range$
      .pipe(
        tap((range) => {
          if (!isFirst) return;
          isFirst = false;
          subscriber.next(range);
        }),
      )
      .subscribe(subscriber);
  });

const averaged = options({ decay });

interface Calibrated {
  /**
   * Calibrated range of the first tensor. Default: the first tensor is dynamic, and its range is used for the second as
   * well.
   */
  readonly first?: Range;
}

interface Averaged extends Calibrated {
  /** Weight of the past, in [0, 1]. Default: 0.9. */
  readonly decay?: number;
}

const oneLate = (name: string, estimator: RangeEstimator, first?: Range): RangeEstimator =>
  named(
    name,
    measures(
      estimator.measures && "all",
      monotone(
        estimator.isMonotone,
        madeOf(
          (observed$: Observable<RangeStat>) =>
            observed$.pipe(estimator, first === undefined ? firstTwice : startWith(first)),
          estimator,
        ),
      ),
    ),
  );

/**
 * Makes any estimator static by a delay of one tensor: the range of tensor n is computed from the tensors before it.
 *
 *     observed              --a-----b--c--|
 *     estimator             --A-----B--C--|
 *     with a `first` of z   z-A-----B--C--|     static from the first tensor on
 *     without               --(AA)--B--C--|     the first tensor is dynamic; its range is used for the second as well
 *
 * An estimator that measures tensors must then measure all of them, because none waits for its range.
 *
 * @example
 * const stats$ = from([[0, 1], [0, 2]].map((x) => statOf(x)));
 * stats$.pipe(inHindsight(currentMinMax(), { first: { lo: 0, hi: 9 } })); // [{ lo: 0, hi: 9 }, { lo: 0, hi: 1 }, { lo: 0, hi: 2 }]
 */
export function inHindsight(estimator: RangeEstimator, options?: Calibrated): RangeEstimator;
/**
 * In-hindsight min-max: each tensor is quantized with the running average of the ranges of the tensors before it.
 * PyTorch's `MovingAverageMinMaxObserver` includes the tensor itself, as `runningMinMax` does.
 *
 *     range(n + 1) <- decay * range(n) + (1 - decay) * observed(n)
 *
 * With a `first` range, that is the range of the first tensor and the initial average.
 *
 * @throws `RangeflowFailure` for unknown options, or a decay outside [0, 1]
 * @example
 * // The first tensor waits for its range; those of the second and the third are there before them.
 * from([[-1, 2], [-3, 4]].map((x) => statOf(x))).pipe(inHindsight({ decay: 0.5 })); // [{ lo: -1, hi: 2 }, { lo: -1, hi: 2 }, { lo: -2, hi: 3 }]
 * @see Fournarakis and Nagel 2021, arXiv:2105.04246. How to start is our choice: docs/methods.md section 1 found no source.
 */
export function inHindsight(options?: Averaged): RangeEstimator;
export function inHindsight(
  what: RangeEstimator | Averaged = {},
  calibrated: Calibrated = {},
): RangeEstimator {
  const { first } = knownOptions("inHindsight", calibrated, { first: true });
  if (typeof what === "function")
    return oneLate(optionedName(combinedName("inHindsight", what), firstRange, { ...first }), what, first);
  const { first: start, ...given } = what;
  const { decay: past } = withDefaults(averaged, given, "inHindsight");
  const name = optionedName("inHindsight", inHindsightEntry.options, { decay: past, ...start });
  const own = oneLate(name, monotone(true, estimate(averagedRange(past, O.fromNullable(start)))), start);
  if (start !== undefined) return own;
  return named(
    name,
    startable((range) => inHindsight({ decay: past, first: range }), own),
  );
}

const source = "Fournarakis and Nagel 2021, arXiv:2105.04246";
const clash = endsInOrder("inHindsight", "lo", "hi");

/** `inHindsight` in the catalogue of estimators. */
export const inHindsightEntry = estimatorEntry({
  name: "inHindsight",
  summary: "running average of the ranges of preceding tensors; decay and start are Rangeflow's choice",
  source,
  isStatic: true,
  options: { decay, ...firstRange },
  clash,
  make: ({ decay, ...first }) => inHindsight({ decay, ...firstOf(first) }),
});

/** `inHindsight` in the catalogue of combinators of estimators. */
export const inHindsightCombinator = combinatorEntry({
  name: "inHindsight",
  summary: "E applied to the preceding tensors; for any E but min-max this is Rangeflow's variant",
  source,
  options: firstRange,
  clash,
  make: (first) => (estimator) => inHindsight(estimator, firstOf(first)),
});
