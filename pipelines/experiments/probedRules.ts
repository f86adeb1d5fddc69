/** @file What the estimators and projections of rules make of fixed tensors, by which a run knows the values that they capture. */
import { from, Subject, take } from "rxjs";
import { statOf } from "../../core/statOf.ts";
import { probed, probeNumbers } from "../../operators/module/probe.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { tryProjection } from "../../quantizers/projections/tryProjection.ts";
import { planRoles, type QuantizerValue, type Rule } from "../../quantizers/rules/rule.ts";
import { namedEstimator } from "../../quantizers/rules/values.ts";

/** Tensors that an estimator is shown, one after another: each is wider than the one before, but for the last. */
const tensors: readonly (readonly number[])[] = [1, 1.5, 2, 3, 0.5].map((factor, n) =>
  [...probeNumbers(32, 7 * n)].map((value) => factor * value),
);

/** The most ranges that are looked at, of an estimator that leads by more or emits without end. */
const mostRanges = 64;

/** Ranges that an estimator answers at once; one that takes its time answers none here. */
const ranges = (estimator: RangeEstimator): readonly unknown[] => {
  const answers: unknown[] = [];
  const observed$ = new Subject<ReturnType<typeof statOf>>();
  const subscription = from(estimator(observed$))
    .pipe(take(mostRanges))
    .subscribe({
      next: (range) => answers.push(range?.lo, range?.hi),
      error: () => answers.push("fails"),
    });
  for (const values of tensors) observed$.next(statOf(values));
  subscription.unsubscribe();
  return answers;
};

const levels = (quantizer: QuantizerValue): readonly unknown[] =>
  "project" in quantizer ? tensors.map((values) => tryProjection(quantizer, values, { bits: 4 }).values) : [];

/** All that rules are made of, in order. */
export const probedRules = (rules: readonly Rule[]): readonly unknown[] =>
  rules.flatMap((rule) =>
    planRoles.flatMap((role) => {
      const { range, quantizer } = rule[role] ?? {};
      const estimator = range && namedEstimator(range)?.estimator;
      return [
        ...(estimator ? [probed(() => ranges(estimator))] : []),
        ...(quantizer ? [probed(() => levels(quantizer))] : []),
      ].flat();
    }),
  );
