/** @file Values that the estimators and quantizers of rules return for fixed tensors. They reveal what closures capture. */
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

/** Tensors that an estimator observes one after another. Each is wider than the one before, except the last. */
const tensors: readonly (readonly number[])[] = [1, 1.5, 2, 3, 0.5].map((factor, n) =>
  [...probeNumbers(32, 7 * n)].map((value) => factor * value),
);

/** Largest number of ranges taken from an estimator, which may emit without end. */
const mostRanges = 64;

/** Ranges that an estimator emits synchronously. Asynchronous ones are not waited for. */
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

/** Grids on which quantizers are probed. */
const sides: readonly Sided[] = [false, true].map((isSigned) => ({ bits: 4, isSigned }));

/** Results of the function that keeps a parameter within bounds. */
const kept = ({ keep }: Learning): readonly unknown[] => probedAt(keep);

/** Initial parameters, the ranges that parameters stand for, and the scales of their gradients. */
const learned = ({ start, range, gradientScale, learning, ...fields }: LearnedRange): readonly unknown[] => [
  ...[fields.sign, fields.residual, fields.objective, learning.optimizer, learning.decays],
  ...sides.flatMap((how) => [
    ...tensors.map((values) => start({ values: Float32Array.from(values) }, how)),
    ...[0.5, 2].flatMap((parameter) => Object.values(range(parameter, how))),
    gradientScale(64, how),
  ]),
  ...kept(learning),
];

/** Transformed weights, their gradients, and the initial values of what the transform learns. */
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

/** Placeholder for the estimator. Probing a quantizer does not use it. */
const unasked = { name: "unasked", estimator: currentMinMax() };

/** Results of a 4-bit quantizer on the fixed tensors. */
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

/** Probed values of all estimators and quantizers of the rules, in order. */
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
