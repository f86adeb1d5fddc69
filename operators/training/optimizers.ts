/** @file Optimizers as values, by name: what an experiment is told, before a run knows its length. */

import { checkBounds, countFrom, notNegative, optional, unit } from "../../core/bounds.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { nameOf } from "../../core/named.ts";
import type { Module } from "../module/module.ts";
import { probedSteps } from "../module/probe.ts";
import { type AdamOptions, adam, adamNames } from "./adam.ts";
import { type BlaqOptions, blaq, blaqNames } from "./blaq.ts";
import { type DirectOptions, direct, directNames } from "./direct.ts";
import { type NitiOptions, niti, nitiNames } from "./niti.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import type { RunSchedule, Schedule } from "./schedule.ts";
import { type SgdOptions, sgd, sgdNames } from "./sgd.ts";
import { trialsEvery } from "./trials.ts";
import type { UpdateRule } from "./updateRule.ts";

/** Length of the run that an optimizer ends. */
export interface RunLength {
  /** Training steps in all. */
  readonly steps: number;
}

/** An optimizer before its run is known: its rates come from the schedule of the experiment. */
export interface Optimizer {
  /** Name with its options: `sgd:momentum=0.9`. Runs that differ in it are different runs. */
  readonly name: string;
  /** The end of a training network: pulls the gradient of the loss back, and updates the parameters. */
  readonly make: (rate: Schedule, length: RunLength) => Module;
  /** The batch that a step trains on; batch n at step n where missing. `blaq` sees some batches twice. */
  readonly batchAt?: (step: number) => number;
  /** Numbers that it keeps for each one that is trained, itself included, so that what cannot fit is refused; 2 where missing. */
  readonly copies?: number;
}

/** Options of an optimizer of ours, as an experiment has them: rates come from its schedule. */
type WithoutRates<T extends OptimizerOptions> = Omit<T, "rate" | "quantizerRate"> & {
  /** Rates of learned quantizers; see `OptimizerOptions`. */
  readonly quantizerRate?: RunSchedule;
};

/** Names of the options of an optimizer without its rate. */
const withoutRate = ({ rate: _rate, ...names }: OptionNames<OptimizerOptions>): OptionNames<object> => names;

/** The end of a network by options without rates, once the schedule and the length of the run are known. */
const ends =
  <T extends OptimizerOptions>(
    { quantizerRate, ...rest }: WithoutRates<T>,
    end: (options: T) => Module,
  ): Optimizer["make"] =>
  (rate, { steps }) => {
    if (quantizerRate === undefined) return end({ ...rest, rate } as unknown as T);
    const rateOf = (step: number): number => quantizerRate(step, steps);
    const module = end({ ...rest, rate, quantizerRate: rateOf } as unknown as T);
    return (scope) => {
      scope.note({
        _tag: "Functions",
        place: "the schedule",
        functions: [quantizerRate],
        probe: () => probedSteps(rateOf, steps),
      });
      return module(scope);
    };
  };

/** Bounds of the options that are numbers, whichever of them an optimizer has. */
const bounds = {
  momentum: optional(unit),
  weightDecay: optional(notNegative),
  period: optional(countFrom(1)),
  mix: optional(unit),
};

/** An optimizer by its name and options, of which those that are functions have names of their own. */
const ours =
  <T extends OptimizerOptions>(
    name: string,
    copies: number,
    end: (options: T) => Module,
    names: OptionNames<T>,
  ) =>
  (options: WithoutRates<T> = {} as WithoutRates<T>): Optimizer => {
    knownOptions<object>(`optimizers.${name}`, options, withoutRate(names));
    checkBounds(`optimizers.${name}`, options, bounds);
    const texts = Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === "function" ? nameOf(value) : value}`);
    return { name: texts.length > 0 ? `${name}:${texts.join(",")}` : name, make: ends(options, end), copies };
  };

const blaqOf = ours<BlaqOptions>("blaq", 4, blaq, blaqNames);

/**
 * An optimizer of your own, from its update rule.
 *
 * @param name with its options, as `sgd:momentum=0.9`: runs that differ in it are different runs
 * @example
 * import { hostRule, optimizerOf } from "rangeflow/operators";
 *
 * // Gradient descent by signs: each number moves by the rate.
 * const signs = hostRule({
 *   state: {},
 *   update: (p, g, _state, { rate }) => g.forEach((slope, i) => { p[i] = p[i]! - rate * Math.sign(slope); }),
 * });
 * optimizerOf("signs", signs).name; // "signs"
 */
export const optimizerOf = (
  name: string,
  rule: UpdateRule,
  options: WithoutRates<OptimizerOptions> = {},
): Optimizer => {
  knownOptions<object>(`optimizerOf ${name}`, options, withoutRate(optimizerNames));
  checkBounds(`optimizerOf ${name}`, options, bounds);
  return { name, make: ends(options, (rates) => optimizer(rule, rates)) };
};

/**
 * The optimizers of this package, without their rates, which the schedule of an experiment gives. One of your own is a value of
 * the same type.
 *
 * @example
 * import { optimizers } from "rangeflow/operators";
 *
 * optimizers.sgd({ momentum: 0.9 }).name; // "sgd:momentum=0.9"
 */
export const optimizers = {
  sgd: ours<SgdOptions>("sgd", 2, sgd, sgdNames),
  adam: ours<AdamOptions>("adam", 3, adam, adamNames),
  blaq: (options: WithoutRates<BlaqOptions> = {}): Optimizer => ({
    ...blaqOf(options),
    batchAt: trialsEvery(options.period ?? 5).batch,
  }),
  niti: ours<NitiOptions>("niti", 1, niti, nitiNames),
  direct: ours<DirectOptions>("direct", 3, direct, directNames),
} as const;
