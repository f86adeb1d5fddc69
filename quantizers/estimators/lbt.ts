/** @file Range estimators of LBT: the clipping follows the fraction of large gradients that is clipped. */
import { binsOf, shareInside } from "../../core/histogram.ts";
import { magnitudesOf } from "../../core/magnitudes.ts";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { absMax, observedRange, type RangeStat, symmetricRange } from "../../core/range.ts";
import { type Sample, sampleSize } from "../../core/sample.ts";
import { factsOf } from "../../core/siteFacts.ts";
import { decay } from "./commonOptions.ts";
import { estimate, measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";
import { inHindsight } from "./inHindsight.ts";

const declared = options({
  share: {
    type: "number",
    default: 1e-3,
    least: 0,
    most: 1,
    help: "share of the elements that count as large",
  },
  rate: {
    type: "number",
    default: 1e-3,
    least: 1e-6,
    most: 1,
    help: "by how much the factor moves at each tensor",
  },
});

const declaredHindsight = options({ ...declared, decay });

/** Fraction of clipped elements that minimizes the error bound of the large ones: share / (2^bits - 1). */
export const clipTarget = (bits: number, share: number): number => share / (2 ** bits - 1);

const limited = (factor: number): number => Math.min(Math.max(factor, 0.001), 1);

/** The factor after a tensor: larger if more than `target` of its elements were clipped, smaller if less. */
export const movedFactor = (factor: number, clipped: number, target: number, rate: number): number =>
  limited(factor + rate * Math.sign(clipped - target));

/** Number of elements whose magnitude exceeds a bound; bins of a histogram count in proportion. */
export const countAbove = ({ values, counts }: Sample, bound: number): number => {
  let found = 0;
  if (counts === undefined) {
    for (let i = 0; i < values.length; i++) if (Math.abs(values[i] as number) > bound) found++;
    return found;
  }
  const inside = shareInside(binsOf(values), { lo: -bound, hi: bound });
  for (let i = 0; i < values.length; i++) found += (counts[i] as number) * (1 - inside(i));
  return found;
};

/**
 * The initial factor, found on the first tensor as in the authors' code: from 1 down in steps of `rate` until a slow
 * moving average of the clipped fraction exceeds the target, then one step up.
 */
export const startFactor = (sample: Sample, largest: number, target: number, rate: number): number => {
  const { above, countFrom } = magnitudesOf(sample);
  const size = sampleSize(sample);
  let [factor, average] = [1, 0];
  while (average <= target) {
    average = 0.999 * average + (0.001 * countFrom(above(factor * largest))) / size;
    factor += average > target ? rate : -rate;
  }
  return limited(factor);
};

interface Clipping {
  readonly factor: number;
  /** Bound for the tensor it was computed from, or in hindsight for the next one. */
  readonly bound: number;
  readonly largest: number;
}

const targetOf = (stat: RangeStat, share: number): number => clipTarget(factsOf(stat).bits, share);

const started = (stat: RangeStat, share: number, rate: number): Clipping => {
  const largest = absMax(observedRange(stat));
  const target = targetOf(stat, share);
  const [factor] = measureOf(stat)(`first factor for ${target} clipped in steps of ${rate}`, (sample) => [
    startFactor(sample, largest, target, rate),
  ]) as [number];
  return { factor, bound: factor * largest, largest };
};

/** The factor after a tensor that was clipped to `bound`. */
const adapted = (factor: number, bound: number, stat: RangeStat, share: number, rate: number): number => {
  const [above] = measureOf(stat)(`above ${bound}`, (sample) => [countAbove(sample, bound)]) as [number];
  return movedFactor(factor, above / stat.count, targetOf(stat, share), rate);
};

const nothing: Clipping = { factor: 0, bound: 0, largest: 0 };

/**
 * LBT ("large gradients first"): a symmetric range of `factor` times the tensor's largest magnitude. After each tensor
 * the factor moves so that the clipped fraction approaches the one that minimizes the error bound of the largest
 * `share` of the elements.
 *
 *     range = +-factor * max |g|
 *     factor <- factor + rate * sign(clipped fraction - share / (2^bits - 1)),   from 0.001 to 1
 *
 * Dynamic: the factor is known before the tensor, but its maximum is not. Published with symmetric codes and stochastic
 * rounding: `uniform:scheme=symmetric`.
 *
 * @param share fraction of the elements that count as large. Default: 0.001.
 * @param rate step of the factor at each tensor. Default: 0.001.
 * @example
 * const gradient = statOf([0.1, -0.2, 0.3, -1], { bits: 4, scheme: "symmetric" });
 * of(gradient, gradient, gradient).pipe(lbt({ rate: 0.1 })); // [{ lo: -1, hi: 1 }, { lo: -1, hi: 1 }, { lo: -0.9, hi: 0.9 }]
 * @see Kim et al. 2024, arXiv:2407.12637, and its code cvlab-yonsei/LBT
 */
export const lbt = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "lbt");
  const { share, rate } = values;
  const estimator = measures(
    "waiting",
    estimate<{ readonly next: number | undefined; readonly used: Clipping }>({
      init: { next: undefined, used: nothing },
      step: ({ next }, stat) => {
        if (next === undefined) {
          const used = started(stat, share, rate);
          return { next: used.factor, used };
        }
        const largest = absMax(observedRange(stat));
        const used = { factor: next, bound: next * largest, largest };
        return { next: adapted(next, used.bound, stat, share, rate), used };
      },
      read: ({ used }) => symmetricRange(used.bound),
    }),
  );
  return named(optionedName("lbt", declared, values), estimator);
};

/** `lbt` in the catalogue of estimators. */
export const lbtEntry = estimatorEntry({
  name: "lbt",
  summary: "adaptive factor times the current tensor's largest magnitude, led by the large elements",
  source: "Kim et al. 2024, arXiv:2407.12637",
  isStatic: false,
  options: declared,
  make: lbt,
});

/**
 * Our static variant of `lbt`: the largest magnitude is a running average over the tensors before this one, as in
 * `inHindsight`, and the clipped fraction is that of the range actually used.
 *
 * @param share fraction of the elements that count as large. Default: 0.001.
 * @param rate step of the factor at each tensor. Default: 0.001.
 * @param decay weight of the past in the average of largest magnitudes, in [0, 1]. Default: 0.9.
 * @example
 * const gradient = statOf([0.1, -0.2, 0.3, -1], { bits: 4, scheme: "symmetric" });
 * of(gradient, gradient).pipe(lbtHindsight({ rate: 0.1 })); // [{ lo: -1, hi: 1 }, { lo: -1, hi: 1 }, { lo: -0.9, hi: 0.9 }]
 */
export const lbtHindsight = (given: Given<typeof declaredHindsight> = {}): RangeEstimator => {
  const values = withDefaults(declaredHindsight, given, "lbtHindsight");
  const { share, rate, decay } = values;
  const estimator = inHindsight(
    measures(
      "all",
      estimate<Clipping | undefined>({
        init: undefined,
        step: (past, stat) => {
          if (past === undefined) return started(stat, share, rate);
          const factor = adapted(past.factor, past.bound, stat, share, rate);
          const largest = decay * past.largest + (1 - decay) * absMax(observedRange(stat));
          return { factor, bound: factor * largest, largest };
        },
        read: (clipping) => symmetricRange(clipping?.bound ?? 0),
      }),
    ),
  );
  return named(optionedName("lbtHindsight", declaredHindsight, values), estimator);
};

/** `lbtHindsight` in the catalogue of estimators. */
export const lbtHindsightEntry = estimatorEntry({
  name: "lbtHindsight",
  summary: "as lbt, with the largest magnitudes of the preceding tensors; Rangeflow's variant",
  source: "",
  isStatic: true,
  options: declaredHindsight,
  make: lbtHindsight,
});
