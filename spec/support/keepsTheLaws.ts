/** @file The laws that every range estimator keeps. */
import fc from "fast-check";
import { EMPTY, NEVER, of, Subject, throwError, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Measure, remembering } from "../../core/measure.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { close } from "./close.ts";
import { used } from "./estimators.ts";
import { forAll as forSome, runsOfElements, runsOfStats } from "./lawful.ts";
import { marbles } from "./marbles.ts";
import { statOfElements } from "./measurable.ts";

/** Character of an estimator, as far as its laws differ. */
export interface Character {
  /** Whether tensor n finds its range there, or waits for an answer. */
  readonly isStatic: (n: number) => boolean;
  /** False where a range is given and does not follow the tensors. */
  readonly followsTensors?: boolean;
  /** Whether it has other ends than those observed: it clips outliers, or is symmetric. */
  readonly hasOtherEnds?: boolean;
}

/** Statistic of a tensor with both ends, something between them, and zeros. */
const stat = (min: number, max: number): RangeStat =>
  statOfElements([min, max, min / 2, max / 2, min / 4, max / 4, 0, 0]);

const statsOf = (tensors: readonly (readonly number[])[]): readonly RangeStat[] =>
  tensors.map((values) => statOfElements(values));

const forAll = <T>(runs: number, of: fc.Arbitrary<T>, holds: (value: T) => void): void =>
  forSome(of, holds, runs);

/** Declares the specs of one estimator. */
export const keepsTheLaws = (name: string, estimator: RangeEstimator, character: Character): void => {
  const test = suite(name);
  /** Number of cases: estimators that read tensors take their time. */
  const cases = estimator.measures ? 25 : 100;
  const { isStatic: expectedStatic, followsTensors = true, hasOtherEnds = false } = character;

  test("range n is there before tensor n is seen, or as soon as it is", () =>
    forAll(cases, runsOfStats, (stats) => {
      used(estimator, stats).forEach(({ isStatic }, n) => {
        assert.is(isStatic, expectedStatic(n), `tensor ${n}`);
      });
    }));

  test("an outlier in tensor n changes no range before it, its own only if that was not there, and then it must", () =>
    forAll(cases, fc.tuple(runsOfStats, fc.nat()), ([stats, place]) => {
      const n = place % stats.length;
      const outlying = stats.with(n, stat(-1e6, 1e6));
      const [before, after] = [used(estimator, stats), used(estimator, outlying)];
      for (let i = 0; i < n; i++) assert.equal(after[i], before[i]);
      if (before[n]?.isStatic) assert.equal(after[n], before[n]);
      else assert.not.equal(after[n], before[n]);
    }));

  test("every range is an interval that lies between the smallest and largest end that was seen", () =>
    forAll(cases, runsOfStats, (stats) => {
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
    forAll(cases, runsOfElements, (tensors) => {
      if (!followsTensors) return;
      const times8 = tensors.map((values) => values.map((x) => 8 * x));
      const [plain, large] = [used(estimator, statsOf(tensors)), used(estimator, statsOf(times8))];
      plain.forEach(({ range }, n) => {
        assert.is(large[n]?.range.lo, 8 * range.lo);
        assert.is(large[n]?.range.hi, 8 * range.hi);
      });
    }));

  test("the order of the elements changes nothing", () =>
    forAll(cases, runsOfElements, (tensors) => {
      const turned = tensors.map((values, n) => [...values.slice(n), ...values.slice(0, n)].reverse());
      assert.equal(used(estimator, statsOf(turned)), used(estimator, statsOf(tensors)));
    }));

  test("what was measured answers a replay: the same ranges, from answers saved as JSON", () =>
    forAll(cases, runsOfStats, (stats) => {
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
    forAll(cases, fc.tuple(runsOfStats, fc.nat()), ([stats, place]) => {
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
