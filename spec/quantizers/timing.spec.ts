/** @file When each estimator answers, drawn with marbles: time runs to the right, letters are values. */
import { ignoreElements, map, merge, of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { observedRange, type Range, type RangeStat } from "../../core/range.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { estimate, type RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { frozenAfter } from "../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../quantizers/estimators/inPhases.ts";
import { runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { used } from "../support/estimators.ts";
import { marbles } from "../support/marbles.ts";

const test = suite("when estimators answer");

const stat = (n: number): RangeStat => ({ min: -n, max: n, count: 1, nonFinite: 0 });
const range = (n: number): Range => ({ lo: -n, hi: n });

/** Small letters are tensors, capitals the ranges that are their own; `z` is a calibrated range. */
const observed = { a: stat(1), b: stat(2), c: stat(3), d: stat(4), e: stat(5) };
const ranges = { A: range(1), B: range(2), C: range(3), D: range(4), E: range(5), z: range(9) };

const answers = (
  estimator: RangeEstimator,
  source: string,
  expected: string,
  values: Record<string, Range> = ranges,
) =>
  marbles(({ cold, expectObservable }) => {
    expectObservable(cold(source, observed).pipe(estimator)).toBe(expected, values);
  });

test("currentMinMax answers every tensor with its own range", () => {
  answers(currentMinMax(), "-a--b-c-|", "-A--B-C-|");
});

test("runningMinMax answers every tensor with an average that it is part of", () => {
  const values = { A: range(1), B: range(1.5), C: range(2.25) };
  answers(runningMinMax({ decay: 0.5 }), "-a--b-c-|", "-A--B-C-|", values);
});

test("inHindsight answers the first tensor twice, and each later one for the tensor after it", () => {
  answers(inHindsight({ decay: 0 }), "--a------b--c--|", "--(AA)---B--C--|");
});

test("inHindsight with a calibrated range answers before the first tensor", () => {
  answers(inHindsight({ decay: 0, first: range(9) }), "--a--b--|", "z-A--B--|");
});

test("inHindsight does the same to any estimator that it is given", () => {
  answers(inHindsight(currentMinMax()), "--a------b--c--|", "--(AA)---B--C--|");
  answers(inHindsight(currentMinMax(), { first: range(9) }), "--a--b--c--|", "z-A--B--C--|");
});

test("fixed answers before every tensor", () => {
  answers(fixed(range(9)), "--a--b--|", "z-z--z--|");
});

test("frozenAfter learns, then keeps its last range ahead of every tensor", () => {
  answers(frozenAfter(2, currentMinMax()), "-a--b-----c--d--|", "-A--(BB)--B--B--|");
  answers(frozenAfter(1, currentMinMax()), "-a-----b--|", "-(AA)--A--|");
});

test("frozenAfter keeps a static estimator static all the while", () => {
  answers(frozenAfter(2, inHindsight({ decay: 0, first: range(9) })), "--a-----b--c--d|", "z-(AA)-----A--A|");
});

test("heldFor: every so-many-th tensor waits, and those behind it have its range", () => {
  answers(heldFor(3, currentMinMax()), "-a-----b--c--d-----e--|", "-(AA)--A-----(DD)--D--|");
  answers(heldFor(1, currentMinMax()), "-a--b--|", "-A--B--|");
  // Largest magnitudes 4, 6, 5, 12, 3, 2, 2.5 (docs/methods.md section 1).
  const seven = [4, 6, 5, 12, 3, 2, 2.5].map(stat);
  assert.equal(
    used(heldFor(3, currentMinMax()), seven).map(({ range, isStatic }) => [range.hi, isStatic]),
    [4, 4, 4, 12, 12, 12, 2.5].map((hi, i) => [hi, i % 3 > 0]),
  );
});

test("heldFor keeps a static estimator static all the while, which observes every so-many-th tensor alone", () => {
  answers(heldFor(2, inHindsight({ decay: 0, first: range(9) })), "-a-b---c---d--|", "zz-A---A---C--|");
  answers(heldFor(2, inHindsight({ decay: 0 })), "-a-----b--c--d--|", "-(AA)--A--A--C--|");
});

test("inPhases: from dynamic to static, the second answers ahead as soon as the first is done", () => {
  answers(inPhases(2, currentMinMax(), inHindsight(currentMinMax())), "-a-b-----c--d--|", "-A-(BB)--C--D--|");
});

test("inPhases: from static to dynamic, the first tensor of the second phase waits", () => {
  answers(inPhases(2, fixed(range(9)), currentMinMax()), "-a--b--c--d--|", "zz-----C--D--|");
});

test("inPhases: the second phase is warm when its turn comes", () => {
  const values = { A: range(1), B: range(2), C: range(2.25) };
  answers(inPhases(2, currentMinMax(), runningMinMax({ decay: 0.5 })), "-a-b-c-|", "-A-B-C-|", values);
});

test("inPhases: what the second phase answers far ahead waits for the first to end", () => {
  const eager: RangeEstimator = (observed$) =>
    merge(of(range(1), range(2), range(3)), observed$.pipe(ignoreElements()));
  answers(inPhases(1, currentMinMax(), eager), "--a------b--|", "--(ABC)-----|");
});

for (const [name, estimator] of [
  ["currentMinMax", currentMinMax()],
  ["runningMinMax", runningMinMax({ decay: 0 })],
  ["estimate", estimate({ init: range(0), step: (_, s) => observedRange(s), read: (r) => r })],
  ["a function of one's own", ((observed$) => observed$.pipe(map(observedRange))) satisfies RangeEstimator],
] as const)
  test(`${name}: never, empty, one, many, error, early unsubscribe, two subscribers`, () => {
    answers(estimator, "-", "-");
    answers(estimator, "|", "|");
    answers(estimator, "--|", "--|");
    answers(estimator, "-a|", "-A|");
    answers(estimator, "-a-b-c-d-e-|", "-A-B-C-D-E-|");
    answers(estimator, "-a-#", "-A-#");
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source$ = hot("-a-b-c-|", observed);
      const shared$ = source$.pipe(estimator);
      expectObservable(shared$, "^---!").toBe("-A-B", ranges);
      expectObservable(shared$, "--^--!").toBe("---B-", ranges);
      expectSubscriptions(source$.subscriptions).toBe(["^---!", "--^--!"]);
    });
  });

for (const [name, estimator, first] of [
  ["inHindsight", inHindsight({ decay: 0, first: range(9) }), "z"],
  ["fixed", fixed(range(9)), "z"],
  ["inHindsight(currentMinMax)", inHindsight(currentMinMax(), { first: range(9) }), "z"],
  ["frozenAfter", frozenAfter(5, fixed(range(9))), "z"],
  ["heldFor", heldFor(5, inHindsight({ first: range(9) })), "z"],
  ["inPhases", inPhases(1, fixed(range(9)), currentMinMax()), "z"],
] as const)
  test(`${name}: what is ahead is there even if no tensor ever comes; the end and an error pass`, () => {
    answers(estimator, "-", `${first}-`);
    answers(estimator, "--|", `${first}-|`);
    answers(estimator, "--#", `${first}-#`);
    marbles(({ cold, expectSubscriptions, expectObservable }) => {
      const source$ = cold("--a--b--|", observed);
      expectObservable(
        source$.pipe(
          estimator,
          map(() => 0),
        ),
        "---!",
      );
      expectSubscriptions(source$.subscriptions).toBe("^--!");
    });
  });

test.run();
