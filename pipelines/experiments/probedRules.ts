/** @file What the estimators and quantizers of rules make of fixed tensors, by which a run knows the values that they capture. */
import { from, Subject, take } from "rxjs";
import type { Learning, Role } from "../../core/signal.ts";
import { statOf } from "../../core/statOf.ts";
import { probed, probedAt, probeNumbers } from "../../operators/module/probe.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import type { LearnedRange, Sided } from "../../quantizers/learned/learnedRange.ts";
import type { WeightTransform } from "../../quantizers/learned/weightTransform.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";
import { tryProjection } from "../../quantizers/projections/tryProjection.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";
import { planRoles, type QuantizerValue, type Rule } from "../../quantizers/rules/rule.ts";
import { roleOf } from "../../quantizers/rules/siteFields.ts";
import { namedEstimator, namedQuantizer } from "../../quantizers/rules/values.ts";

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

/** Sides of the grids that quantizers are shown. */
const sides: readonly Sided[] = [false, true].map((isSigned) => ({ bits: 4, isSigned }));

/** How a parameter of a quantizer is held in bounds. */
const kept = ({ keep }: Learning): readonly unknown[] => probedAt(keep);

/** First parameters, the ranges that they stand for, and the scales of their gradients. */
const learned = ({ start, range, gradientScale, learning, ...fields }: LearnedRange): readonly unknown[] => [
  ...[fields.sign, fields.residual, fields.objective, learning.optimizer, learning.decays],
  ...sides.flatMap((how) => [
    ...tensors.map((values) => start({ values: Float32Array.from(values) }, how)),
    ...[0.5, 2].flatMap((parameter) => Object.values(range(parameter, how))),
    gradientScale(64, how),
  ]),
  ...kept(learning),
];

/** Weights after a transform and what comes back through it, with the values that it begins to learn. */
const transformed = ({ learns, transform }: WeightTransform): readonly unknown[] =>
  tensors.flatMap((tensor) => {
    const w = Float32Array.from(tensor);
    const { values, range, pullback } = transform(w, { bits: 4, outputs: 4 });
    const { dw, learned = [] } = pullback(w.map(() => 1));
    const own = learns?.(4) ?? [];
    const first = own.flatMap(({ start, learning }) => [start(w), ...kept(learning)]);
    return [values, ...Object.values(range), dw, ...learned, ...first];
  });

const projected = (projection: Projection): readonly unknown[] =>
  tensors.map((values) => tryProjection(projection, values, { bits: 4 }).values);

/** Estimator of quantizers that are chosen: none of them is asked here. */
const unasked = { name: "unasked", estimator: currentMinMax() };

/** What a quantizer of 4 bits makes of tensors. */
const quantized = (value: QuantizerValue, role: Role): readonly unknown[] => {
  const chosen = namedQuantizer(value)?.choose(quantizerFor(role, 4, unasked), role);
  if (chosen === undefined) return [];
  const { bits, scheme, rounding, granularity, estimator, ...own } = chosen;
  return [
    ...[bits, scheme, rounding, granularity, estimator.name],
    ...(own.projection ? projected(own.projection) : []),
    ...(own.learned ? learned(own.learned) : []),
    ...(own.transform ? transformed(own.transform) : []),
  ];
};

/** All that rules are made of, in order. */
export const probedRules = (rules: readonly Rule[]): readonly unknown[] =>
  rules.flatMap((rule) =>
    planRoles.flatMap((role) => {
      const { range, quantizer } = rule[role] ?? {};
      const estimator = range && namedEstimator(range)?.estimator;
      return [
        ...(estimator ? [probed(() => ranges(estimator))] : []),
        ...(quantizer ? [probed(() => quantized(quantizer, roleOf(role)))] : []),
      ].flat();
    }),
  );
