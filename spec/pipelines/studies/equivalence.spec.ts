/** @file Tests of equivalence against statsmodels: `spec/golden/equivalence.json`. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { marginProblems, mostDeviation } from "../../../pipelines/studies/equivalence.ts";
import { pooledDifference } from "../../../pipelines/studies/pooled.ts";
import { differenceOf } from "../../../pipelines/studies/spread.ts";
import { criticalT, upperTail } from "../../../pipelines/studies/studentT.ts";
import { allClose, close } from "../../support/close.ts";
import { golden, isPrintedBy } from "../../support/golden.ts";

interface Judged {
  readonly margin: number;
  readonly p: number;
  readonly twoSided: number;
  readonly interval: readonly [number, number];
  readonly degreesOfFreedom: number;
}

interface Golden {
  readonly pairs: readonly (Judged & {
    readonly scores: readonly number[];
    readonly others: readonly number[];
    readonly oneSided: readonly [below: number, above: number];
  })[];
  readonly pooled: readonly (Judged & {
    readonly groups: readonly (readonly number[])[];
    readonly mean: number;
    readonly standardError: number;
  })[];
  readonly quantiles: readonly (readonly [degreesOfFreedom: number, t: number])[];
  readonly tails: readonly (readonly [t: number, degreesOfFreedom: number, p: number])[];
}

const test = suite("equivalence");
const { pairs, pooled, quantiles, tails } = golden("equivalence") as Golden;

test("tails and quantiles of Student's t are scipy's", () => {
  for (const [t, df, p] of tails) close(upperTail(t, df), p, 1e-12, `P(T > ${t}) with ${df}`);
  for (const [df, t] of quantiles) close(criticalT(0.05, df), t, 1e-9, `95 % point with ${df}`);
});

for (const { scores, others, margin, p, oneSided, twoSided, interval, degreesOfFreedom } of pairs)
  test(`paired differences of ${scores.length} seeds against ${margin}: p ${p} as statsmodels has it`, () => {
    const differences = scores.map((score, i) => score - others[i]!);
    const found = differenceOf(differences, 0, margin)!;
    close(found.p!, twoSided, 1e-9, "p of no difference");
    const { equivalence } = found;
    close(equivalence!.p, p, 1e-9, "p of equivalence");
    close(equivalence!.p, Math.max(...oneSided), 1e-9, "the greater of the two");
    allClose(equivalence!.interval, interval, 1e-9, "end");
    assert.equal([equivalence!.margin, equivalence!.degreesOfFreedom], [margin, degreesOfFreedom]);
    assert.is(
      equivalence!.p < 0.05,
      interval.every((end) => Math.abs(end) < margin),
      "interval and p agree",
    );
  });

for (const { groups, margin, mean, standardError, degreesOfFreedom, twoSided, interval, p } of pooled)
  test(`${groups.length} groups of ${groups.map(({ length }) => length).join(", ")}: the mean of their means as least squares has it`, () => {
    const found = pooledDifference(groups, 0, margin)!;
    allClose([found.mean, found.standardError!], [mean, standardError], 1e-9, "mean, standard error");
    close(found.p!, twoSided, 1e-9, "p of no difference");
    close(found.equivalence!.p, p, 1e-9, "p of equivalence");
    allClose(found.equivalence!.interval, interval, 1e-9, "end");
    assert.equal(
      [found.groups, found.pairs, found.degreesOfFreedom, found.equivalence!.degreesOfFreedom],
      [groups.length, groups.flat().length, degreesOfFreedom, degreesOfFreedom],
    );
  });

test("what groups differ by among each other is no deviation, and one group is a paired difference", () => {
  const groups = [
    [0.002, -0.001, 0.0005],
    [-0.003, 0.0, 0.002],
  ];
  const apart = groups.map((group, g) => group.map((one) => one + (g === 0 ? 0.1 : -0.1)));
  close(pooledDifference(apart, 0)!.standardError!, pooledDifference(groups, 0)!.standardError!, 1e-12);
  const { seeds, ...alone } = differenceOf(groups[0]!, 0, 0.005)!;
  const {
    pairs: count,
    groups: one,
    degreesOfFreedom,
    ...together
  } = pooledDifference([groups[0]!, []], 0, 0.005)!;
  close(together.equivalence!.p, alone.equivalence!.p, 1e-12);
  close(together.p!, alone.p!, 1e-12);
  assert.equal([seeds, count, one, degreesOfFreedom], [3, 3, 1, 2]);
});

test("with one pair in each group nothing says how far differences deviate; without any there is nothing", () => {
  const { standardError, p, equivalence, mean } = pooledDifference([[0.01], [0.03]], 0, 0.005)!;
  close(mean, 0.02, 1e-12);
  assert.equal([standardError, p, equivalence], [null, null, null]);
  assert.is(pooledDifference([[], []], 0, 0.005), null);
});

test("one seed says nothing; equal differences count as if they deviated by the resolution, and no more", () => {
  assert.is(differenceOf([0], 0.001, 0.005)!.equivalence, null);
  assert.is(differenceOf([0, 0.001], 0.001)!.equivalence, null);
  const { standardError, p, equivalence } = differenceOf([0, 0], 0.001, 0.005)!;
  assert.equal([standardError, p], [null, null]);
  // t = 0.005 / (0.001 / sqrt(2)) with one degree of freedom: p = 1/2 - atan(t) / pi.
  close(equivalence!.p, 0.5 - Math.atan(5 * Math.SQRT2) / Math.PI, 1e-12);
  const three = differenceOf([0.001, 0.001, 0.001], 0.001, 0.005)!.equivalence!;
  assert.ok(three.p < 0.05 && three.interval[0] < 0.001 && three.interval[1] > 0.001);
  assert.is(differenceOf([0, 0], 0, 0.005)!.equivalence, null);
});

test("equal scores of a metric whose steps are not known prove nothing; those that deviate are judged", () => {
  assert.is(differenceOf([0, 0, 0], undefined, 0.005)!.equivalence, null);
  assert.is(differenceOf([0.1, 0.1, 0.1], undefined, 0.5)!.equivalence, null);
  const differences = [0.001, -0.001, 0.002];
  assert.equal(differenceOf(differences, undefined, 0.005), differenceOf(differences, 0, 0.005));
});

test("seeds that deviate by the most that may pass are just at 5 % about a mean of 0, with 2 seeds and with 3", () => {
  for (const seeds of [2, 3]) {
    const sd = mostDeviation(0.5, seeds);
    const standard = seeds === 2 ? [1, -1].map((x) => x / Math.SQRT2) : [1, 0, -1];
    close(
      differenceOf(
        standard.map((x) => x * sd),
        0,
        0.5,
      )!.equivalence!.p,
      0.05,
      1e-9,
    );
  }
  // 0.5 sqrt(2) / 6.3138 and 0.5 sqrt(3) / 2.92.
  allClose([mostDeviation(0.5, 2), mostDeviation(0.5, 3)], [0.112, 0.2966], 1e-4);
});

test("a margin is a number above 0", () => {
  for (const margin of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "0.5"]) {
    const [wrong, ...more] = marginProblems("compare, margin", margin);
    assert.equal(more, []);
    assert.match(describe(wrong!), /^compare, margin: .*, expected a number above 0/);
  }
  assert.equal(marginProblems("compare, margin", 0.5), []);
  assert.equal(marginProblems("compare, margin", undefined), []);
});

isPrintedBy(test, "equivalence", {
  title: "statsmodels",
  module: "statsmodels.api",
  install: "statsmodels==0.15.0 scipy==1.17.1",
});

test.run();
