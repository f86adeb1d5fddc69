/** @file Learning rate schedules: plain functions of the step, so that they compose. */
import { arrayOf, between, checkBounds, notNegative, optional, positive } from "../../core/bounds.ts";
import { cos } from "../../core/elementary/cos.ts";
import { pow } from "../../core/elementary/pow.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { named } from "../../core/named.ts";

/** Learning rate of an update; `step` counts the updates before it, from 0. */
export type Schedule = (step: number) => number;

/** A schedule that also depends on `steps`, the total number of updates in the run. Every `Schedule` is one. */
export type RunSchedule = (step: number, steps: number) => number;

/**
 * The same learning rate at every step.
 *
 * @throws `RangeflowFailure` for a negative rate
 * @example
 * constantRate(0.1)(7); // 0.1
 */
export const constantRate = (rate: number): Schedule => {
  checkBounds("constantRate", { rate }, { rate: notNegative });
  return named(`constant:rate=${rate}`, () => rate);
};

/**
 * Step decay, as `torch.optim.lr_scheduler.MultiStepLR`: `rate`, multiplied by `factor` at each milestone.
 *
 *     rate * factor^n,   n = number of milestones in `at` with step >= milestone
 *
 * @param factor PyTorch's `gamma`. Default: 0.1.
 * @throws `RangeflowFailure` for numbers out of bounds
 * @example
 * stepDecay(0.1, { at: [100, 200] })(150); // 0.01
 */
export const stepDecay = (
  rate: number,
  { at, factor = 0.1 }: { readonly at: readonly number[]; readonly factor?: number },
): Schedule => {
  const bounds = { rate: notNegative, at: arrayOf(notNegative), factor: positive };
  checkBounds("stepDecay", { rate, at, factor }, bounds);
  return named(
    `stepDecay:rate=${rate},at=${at.join("/")},factor=${factor}`,
    (step) => rate * pow(factor, at.filter((milestone) => step >= milestone).length),
  );
};

/**
 * Step decay at fractions of the run: `rate`, multiplied by `factor` once at each fraction in `shares`. 0.5 is half of
 * the steps, rounded down.
 *
 * @param factor Default: 0.1.
 * @throws `RangeflowFailure` for a share that is not between 0 and 1, both excluded
 */
export const stepDecayAt = (
  rate: number,
  { shares, factor = 0.1 }: { readonly shares: readonly number[]; readonly factor?: number },
): RunSchedule => {
  const bounds = { rate: notNegative, shares: arrayOf(between), factor: positive };
  checkBounds("stepDecayAt", { rate, shares, factor }, bounds);
  // A product such as 0.57 * 100 may be less than the integer that is meant.
  const stepOf = (share: number, steps: number): number => Math.floor(share * steps + 1e-9);
  return named(
    `stepDecay:rate=${rate},shares=${shares.join("/")},factor=${factor}`,
    (step, steps) => rate * pow(factor, shares.filter((share) => step >= stepOf(share, steps)).length),
  );
};

/** Options of `cosine`. */
export interface CosineOptions {
  /** Step from which on the rate is `last`. Default: the end of the run. */
  readonly steps?: number;
  /** Final learning rate, PyTorch's `eta_min`. Default: 0. */
  readonly last?: number;
}

interface Cosine {
  (rate: number, options: CosineOptions & { readonly steps: number }): Schedule;
  (rate: number, options?: CosineOptions): RunSchedule;
}

/**
 * Cosine annealing, as `torch.optim.lr_scheduler.CosineAnnealingLR`: half a cosine from `rate` at step 0 to `last` at
 * step `steps`, and constant after that, where PyTorch's rate rises again.
 *
 *     last + (rate - last) * (1 + cos(pi * step / steps)) / 2
 *
 * Takes (step, steps of the run); with the option `steps` it needs the step only.
 *
 * @throws `RangeflowFailure` for unknown options, or numbers out of bounds
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983
 * @example
 * cosine(0.2)(50, 100); // 0.1
 * cosine(0.2, { steps: 100 })(100); // 0
 */
export const cosine = ((rate: number, options: CosineOptions = {}): RunSchedule => {
  const { steps: end, last = 0 } = knownOptions("cosine", options, { steps: true, last: true });
  const bounds = { rate: notNegative, steps: optional(positive), last: notNegative };
  checkBounds("cosine", { rate, steps: end, last }, bounds);
  return named(
    `cosine:rate=${rate}${end === undefined ? "" : `,steps=${end}`}${last === 0 ? "" : `,last=${last}`}`,
    (step, steps) =>
      last + ((rate - last) * (1 + cos(Math.PI * Math.min(step / Math.max(end ?? steps, 1), 1)))) / 2,
  );
}) as Cosine;

/**
 * Linear warm-up: multiplies the first `steps` rates of a schedule by (step + 1) / steps.
 *
 * @throws `RangeflowFailure` for a negative number of steps
 * @example
 * warmUp(4, constantRate(0.1))(0); // 0.025
 */
export const warmUp = <S extends RunSchedule>(steps: number, schedule: S): S => {
  checkBounds("warmUp", { steps }, { steps: notNegative });
  return named(
    `warmUp:steps=${steps}(${schedule.name})`,
    ((step: number, all: number) => schedule(step, all) * Math.min((step + 1) / Math.max(steps, 1), 1)) as S,
  );
};
