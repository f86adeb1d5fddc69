import { concatMap, connect, map, merge, of, scan, skip, take } from "rxjs";
import { madeOf } from "../../core/madeOf.ts";
import { named } from "../../core/named.ts";
import { options, withDefaults } from "../../core/options.ts";
import type { Range } from "../../core/range.ts";
import { tensorCount } from "./commonOptions.ts";
import { combinedName, measures, monotone, type RangeEstimator } from "./estimator.ts";

const declared = options({ tensors: tensorCount(1, "tensors of the first estimator") });

interface Phases {
  readonly passed: number;
  readonly held: readonly Range[];
  readonly out: readonly Range[];
}

/**
 * Uses one estimator for the first `tensors` tensors, and another from then on. Both observe all tensors, so that the
 * second one has its state when it takes over. Ranges that it emits early are held back until the first has emitted its
 * last.
 *
 * @param tensors number of tensors of the first estimator, at least 1
 * @example
 * const stats$ = from([[0, 1], [0, 2]].map((x) => statOf(x)));
 * stats$.pipe(inPhases(1, currentMinMax(), fixed({ lo: 0, hi: 9 })), take(2)); // [{ lo: 0, hi: 1 }, { lo: 0, hi: 9 }]
 */
export const inPhases = (tensors: number, early: RangeEstimator, late: RangeEstimator): RangeEstimator => {
  const phases: RangeEstimator = (observed$) =>
    observed$.pipe(
      connect((shared$) =>
        merge(
          shared$.pipe(
            early,
            take(tensors),
            map((range) => ({ range, isEarly: true })),
          ),
          shared$.pipe(
            late,
            skip(tensors),
            map((range) => ({ range, isEarly: false })),
          ),
        ),
      ),
      scan(
        ({ passed, held }: Phases, { range, isEarly }): Phases => {
          const done = passed + (isEarly ? 1 : 0);
          const ready = isEarly ? [range] : [];
          const waiting = isEarly ? held : [...held, range];
          return done === tensors
            ? { passed: done, held: [], out: [...ready, ...waiting] }
            : { passed: done, held: waiting, out: ready };
        },
        { passed: 0, held: [], out: [] },
      ),
      concatMap(({ out }) => of(...out)),
    );
  withDefaults(declared, { tensors }, "inPhases");
  const name = combinedName("inPhases", early, late);
  // The late estimator may have to measure a tensor whose range the early one had before it.
  const estimator = measures(
    late.measures ? "all" : early.measures,
    monotone(early.isMonotone && late.isMonotone, madeOf(phases, early, late)),
  );
  return named(name === "" ? name : `${name}:tensors=${tensors}`, estimator);
};
