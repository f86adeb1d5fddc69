/** @file The laws of range estimators. A new estimator joins with one line at the end of this file. */
import fc from "fast-check";
import { EMPTY, NEVER, of, Subject, throwError, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Measure, remembering } from "../../core/measure.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import { currentMinMax } from "../../quantizers/currentMinMax.ts";
import { delayedScaling } from "../../quantizers/delayedScaling.ts";
import { distributionAdaptive } from "../../quantizers/distributionAdaptive.ts";
import { dsgc } from "../../quantizers/dsgc.ts";
import type { RangeEstimator } from "../../quantizers/estimator.ts";
import { fixed } from "../../quantizers/fixed.ts";
import { frozenAfter } from "../../quantizers/frozenAfter.ts";
import { inHindsight } from "../../quantizers/inHindsight.ts";
import { inPhases } from "../../quantizers/inPhases.ts";
import { lbt, lbtHindsight } from "../../quantizers/lbt.ts";
import { meanSquaredError } from "../../quantizers/meanSquaredError.ts";
import { percentile } from "../../quantizers/percentile.ts";
import { runningMinMax } from "../../quantizers/runningMinMax.ts";
import { close } from "../support/close.ts";
import { used } from "../support/estimators.ts";
import { forAll, runsOfElements, runsOfStats } from "../support/lawful.ts";
import { marbles } from "../support/marbles.ts";
import { statOfElements } from "../support/measurable.ts";

/** What an estimator is known for, as far as its laws differ. */
interface Character {
  /** Whether tensor n finds its range there, or waits for an answer. */
  readonly isStatic: (n: number) => boolean;
  /** False where a range is given and does not follow the tensors. */
  readonly followsTensors?: boolean;
  /** Whether it has other ends than those observed: it clips outliers, or is symmetric. */
  readonly hasOtherEnds?: boolean;
}

/** Of a tensor with both ends, something between them, and zeros. */
const stat = (min: number, max: number): RangeStat =>
  statOfElements([min, max, min / 2, max / 2, min / 4, max / 4, 0, 0]);

const statsOf = (tensors: readonly (readonly number[])[]): readonly RangeStat[] =>
  tensors.map((values) => statOfElements(values));

const keepsTheLaws = (name: string, estimator: RangeEstimator, character: Character): void => {
  const test = suite(name);
  const { isStatic: expectedStatic, followsTensors = true, hasOtherEnds = false } = character;

  test("range n is there before tensor n is seen, or as soon as it is", () =>
    forAll(runsOfStats, (stats) => {
      used(estimator, stats).forEach(({ isStatic }, n) => {
        assert.is(isStatic, expectedStatic(n), `tensor ${n}`);
      });
    }));

  test("an outlier in tensor n changes no range before it, its own only if that was not there, and then it must", () =>
    forAll(fc.tuple(runsOfStats, fc.nat()), ([stats, place]) => {
      const n = place % stats.length;
      const outlying = stats.with(n, stat(-1e6, 1e6));
      const [before, after] = [used(estimator, stats), used(estimator, outlying)];
      for (let i = 0; i < n; i++) assert.equal(after[i], before[i]);
      if (before[n]?.isStatic) assert.equal(after[n], before[n]);
      else assert.not.equal(after[n], before[n]);
    }));

  test("every range is an interval that lies between the smallest and largest end that was seen", () =>
    forAll(runsOfStats, (stats) => {
      const slack = 1e-9;
      const most = Math.max(...stats.map(({ min, max }) => Math.max(-min, max)));
      for (const { range } of used(estimator, stats)) {
        assert.ok(range.lo <= range.hi);
        if (!followsTensors) continue;
        assert.ok(Math.max(-range.lo, range.hi) <= most + slack);
        if (hasOtherEnds) continue;
        assert.ok(range.lo >= Math.min(...stats.map(({ min }) => min)) - slack);
        assert.ok(range.hi <= Math.max(...stats.map(({ max }) => max)) + slack);
      }
    }));

  test("tensors k times as large have ranges k times as large, where ranges follow tensors", () =>
    forAll(runsOfElements, (tensors) => {
      if (!followsTensors) return;
      const times8 = tensors.map((values) => values.map((x) => 8 * x));
      const [plain, large] = [used(estimator, statsOf(tensors)), used(estimator, statsOf(times8))];
      plain.forEach(({ range }, n) => {
        assert.is(large[n]?.range.lo, 8 * range.lo);
        assert.is(large[n]?.range.hi, 8 * range.hi);
      });
    }));

  test("the order of the elements changes nothing", () =>
    forAll(runsOfElements, (tensors) => {
      const turned = tensors.map((values, n) => [...values.slice(n), ...values.slice(0, n)].reverse());
      assert.equal(used(estimator, statsOf(turned)), used(estimator, statsOf(tensors)));
    }));

  test("what was measured answers a replay: the same ranges, from answers saved as JSON", () =>
    forAll(runsOfStats, (stats) => {
      const asked = stats.map(({ measure, ...rest }) => {
        const measured: Record<string, readonly number[]> = {};
        const noting: Measure = (question, answer) => {
          const found = (measure as Measure)(question, answer);
          measured[question] = found;
          return found;
        };
        return { seen: { ...rest, measure: noting }, rest, measured };
      });
      const live = used(
        estimator,
        asked.map(({ seen }) => seen),
      );
      const replayed = asked.map(({ rest, measured }) => ({
        ...rest,
        measure: remembering(JSON.parse(JSON.stringify(measured))),
      }));
      assert.equal(used(estimator, replayed), live);
    }));

  test("who measures says so, and nobody else", () => {
    let asks = false;
    const spied = [1, 2, 3].map((n): RangeStat => {
      const { measure, ...rest } = stat(-n, n);
      return {
        ...rest,
        measure: (question, answer) => {
          asks = true;
          return (measure as Measure)(question, answer);
        },
      };
    });
    used(estimator, spied);
    assert.is(estimator.measures !== undefined, asks);
  });

  test("a range that never changes is its own estimate", () => {
    if (!followsTensors || hasOtherEnds) return;
    for (const { range } of used(
      estimator,
      Array.from({ length: 8 }, () => stat(-1, 3)),
    )) {
      close(range.lo, -1, 1e-12);
      close(range.hi, 3, 1e-12);
    }
  });

  test("replaying what was seen brings a new subscriber to the same place", () =>
    forAll(fc.tuple(runsOfStats, fc.nat()), ([stats, place]) => {
      const half = place % stats.length;
      const observed$ = new Subject<RangeStat>();
      const ranges: Range[] = [];
      estimator(observed$).subscribe((range) => ranges.push(range));
      for (const seen of stats.slice(0, half)) observed$.next(seen);
      for (const seen of stats.slice(half)) observed$.next(seen);
      assert.equal(
        used(estimator, stats).map(({ range }) => range),
        ranges.slice(0, stats.length),
      );
    }));

  test("two subscribers to one estimator do not see each other, and it may be used again", () => {
    const [one$, two$] = [new Subject<RangeStat>(), new Subject<RangeStat>()];
    const [one, two]: [Range[], Range[]] = [[], []];
    estimator(one$).subscribe((range) => one.push(range));
    estimator(two$).subscribe((range) => two.push(range));
    for (const n of [1, 2, 3, 4]) {
      one$.next(stat(-n, n));
      two$.next(stat(-10 * n, 10 * n));
    }
    const alone = (factor: number): readonly Range[] => {
      const ranges: Range[] = [];
      estimator(of(...[1, 2, 3, 4].map((n) => stat(-factor * n, factor * n)))).subscribe((r) =>
        ranges.push(r),
      );
      return ranges;
    };
    assert.equal(one, alone(1));
    assert.equal(two, alone(10));
  });

  test("subscribing again to the same stream of ranges starts afresh", () => {
    const ranges$ = estimator(of(...[1, 4, 2, 8].map((n) => stat(-n, n)))).pipe(toArray());
    const found: (readonly Range[])[] = [];
    ranges$.subscribe((ranges) => found.push(ranges));
    ranges$.subscribe((ranges) => found.push(ranges));
    assert.equal(found[1], found[0]);
  });

  test("never is waited for, empty completes, an error passes on at once", () => {
    const seen: string[] = [];
    const watch = (label: string, source$: typeof NEVER): void => {
      estimator(source$)
        .pipe(toArray())
        .subscribe({
          complete: () => seen.push(`${label} completes`),
          error: () => seen.push(`${label} fails`),
        })
        .unsubscribe();
    };
    watch("never", NEVER);
    watch("empty", EMPTY);
    watch(
      "error",
      throwError(() => new Error("no statistics")),
    );
    assert.equal(seen, ["empty completes", "error fails"]);
  });

  test("unsubscribing early lets go of the source", () =>
    marbles(({ cold, expectSubscriptions, expectObservable }) => {
      const source$ = cold("--a--a--a--|", { a: stat(-1, 1) });
      expectObservable(estimator(source$).pipe(toArray()), "----!");
      expectSubscriptions(source$.subscriptions).toBe("^---!");
    }));

  test.run();
};

const always = (): boolean => true;
const never = (): boolean => false;
const from =
  (first: number) =>
  (n: number): boolean =>
    n >= first;

const calibrated: Range = { lo: -1, hi: 1 };

keepsTheLaws("currentMinMax()", currentMinMax(), { isStatic: never });
keepsTheLaws("runningMinMax()", runningMinMax(), { isStatic: never });
keepsTheLaws("fixed", fixed(calibrated), { isStatic: always, followsTensors: false });
keepsTheLaws("inHindsight()", inHindsight(), { isStatic: from(1) });
keepsTheLaws("inHindsight({ decay: 0 })", inHindsight({ decay: 0 }), { isStatic: from(1) });
keepsTheLaws("inHindsight({ decay: 1 })", inHindsight({ decay: 1 }), { isStatic: from(1) });
keepsTheLaws("inHindsight({ first })", inHindsight({ first: calibrated }), {
  isStatic: always,
  followsTensors: false,
});
keepsTheLaws("inHindsight(currentMinMax())", inHindsight(currentMinMax()), { isStatic: from(1) });
keepsTheLaws("frozenAfter(1, running)", frozenAfter(1, runningMinMax()), { isStatic: from(1) });
keepsTheLaws("frozenAfter(3, running)", frozenAfter(3, runningMinMax()), { isStatic: from(3) });
keepsTheLaws("frozenAfter(3, inHindsight)", frozenAfter(3, inHindsight()), { isStatic: from(1) });
keepsTheLaws("inPhases(2, running, inHindsight)", inPhases(2, runningMinMax(), inHindsight()), {
  isStatic: from(2),
});
keepsTheLaws("inPhases(2, inHindsight, running)", inPhases(2, inHindsight(), runningMinMax()), {
  isStatic: (n) => n === 1,
});

keepsTheLaws("percentile()", percentile(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("percentile of the histogram", percentile({ low: 5, high: 95, of: "histogram" }), {
  isStatic: never,
  hasOtherEnds: true,
});
keepsTheLaws("inHindsight(percentile())", inHindsight(percentile()), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("frozenAfter(2, percentile())", frozenAfter(2, percentile()), {
  isStatic: from(2),
  hasOtherEnds: true,
});
keepsTheLaws(
  "inPhases(2, currentMinMax, inHindsight(percentile))",
  inPhases(2, currentMinMax(), inHindsight(percentile())),
  {
    isStatic: from(2),
    hasOtherEnds: true,
  },
);

const every =
  (period: number) =>
  (n: number): boolean =>
    n % period > 0;

keepsTheLaws("meanSquaredError()", meanSquaredError(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("meanSquaredError of the elements", meanSquaredError({ shifts: 2, of: "elements" }), {
  isStatic: never,
  hasOtherEnds: true,
});
keepsTheLaws("delayedScaling()", delayedScaling(), { isStatic: from(1), hasOtherEnds: true });
keepsTheLaws("delayedScaling of the last", delayedScaling({ reducer: "mostRecent" }), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("delayedScaling({ first })", delayedScaling({ length: 3, margin: 1, first: calibrated }), {
  isStatic: always,
  followsTensors: false,
});
keepsTheLaws("dsgc({ period: 1 })", dsgc({ period: 1 }), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("dsgc({ period: 3 })", dsgc({ period: 3 }), { isStatic: every(3), hasOtherEnds: true });
keepsTheLaws("inHindsight(dsgc({ period: 2 }))", inHindsight(dsgc({ period: 2 })), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("lbt()", lbt(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("lbt with large steps", lbt({ share: 0.5, rate: 0.1 }), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("lbtHindsight()", lbtHindsight({ share: 0.5, rate: 0.1 }), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("distributionAdaptive()", distributionAdaptive(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("inHindsight(distributionAdaptive())", inHindsight(distributionAdaptive()), {
  isStatic: from(1),
  hasOtherEnds: true,
});
