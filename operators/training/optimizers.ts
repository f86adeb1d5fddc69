/** @file Optimizers as named values: what an experiment contains before the length of its run is known. */

import { checkBounds, countFrom, notNegative, optional, positive, unit } from "../../core/bounds.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { nameOf } from "../../core/named.ts";
import type { Module } from "../module/module.ts";
import { probedSteps } from "../module/probe.ts";
import { type AdamOptions, adam, adamNames } from "./adam.ts";
import { type AdamWOptions, adamW, adamWNames } from "./adamW.ts";
import { type BlaqOptions, blaq, blaqNames } from "./blaq.ts";
import { type DirectOptions, direct, directNames } from "./direct.ts";
import { type NitiOptions, niti, nitiNames } from "./niti.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import type { RunSchedule, Schedule } from "./schedule.ts";
import { type SgdOptions, sgd, sgdNames } from "./sgd.ts";
import { trialsEvery } from "./trials.ts";
import type { UpdateRule } from "./updateRule.ts";

/** The length of the run that an optimizer is for. */
export interface RunLength {
  /** Total number of training steps. */
  readonly steps: number;
}

/** An optimizer whose learning rate is still open: the experiment adds its schedule and the length of the run. */
export interface Optimizer {
  /** Name with options, e.g. `sgd:momentum=0.9`. Part of the identity of a run. */
  readonly name: string;
  /** Makes the end of a training network, which runs the backward pass and updates the parameters. */
  readonly make: (rate: Schedule, length: RunLength) => Module;
  /** Number of the batch to train on at a step. Default: batch n at step n. `blaq` sees some batches twice. */
  readonly batchAt?: (step: number) => number;
  /**
   * Numbers stored per trained number, itself included, used to refuse networks that do not fit into memory. Default:
   * 2.
   */
  readonly copies?: number;
}

/** Options of a built-in optimizer in an experiment, which gives the learning rate by its schedule. */
type WithoutRates<T extends OptimizerOptions> = Omit<T, "rate" | "quantizerRate"> & {
  /** Learning rate of learned quantizers; see `OptimizerOptions`. */
  readonly quantizerRate?: RunSchedule;
};

/** Names of the options of an optimizer without its rate. */
const withoutRate = ({ rate: _rate, ...names }: OptionNames<OptimizerOptions>): OptionNames<object> => names;

/** Makes the end of a network from options without rates, once schedule and length of the run are known. */
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

/** Bounds of numeric options, whichever of them an optimizer has. */
const bounds = {
  momentum: optional(unit),
  weightDecay: optional(notNegative),
  maxGradientNorm: optional(positive),
  period: optional(countFrom(1)),
  mix: optional(unit),
};

/** A built-in optimizer by name and options. Options that are functions have names of their own. */
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
 * An optimizer of your own for an experiment, from its update rule.
 *
 * @param name with its options, e.g. `sgd:momentum=0.9`. Part of the identity of a run: different options need
 *   different names.
 * @param rule usually made by `hostRule`
 * @throws `RangeflowFailure` for unknown options, or options out of bounds
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
 * The built-in optimizers, by name: `sgd`, `adam`, `adamW`, `blaq`, `niti` and `direct`. They take no learning rate; it comes
 * from the schedule of the experiment. An optimizer of your own is a value of the same type, made by `optimizerOf`.
 *
 * @example
 * import { optimizers } from "rangeflow/operators";
 *
 * optimizers.sgd({ momentum: 0.9 }).name; // "sgd:momentum=0.9"
 */
export const optimizers = {
  sgd: ours<SgdOptions>("sgd", 2, sgd, sgdNames),
  adam: ours<AdamOptions>("adam", 3, adam, adamNames),
  adamW: ours<AdamWOptions>("adamW", 3, adamW, adamWNames),
  blaq: (options: WithoutRates<BlaqOptions> = {}): Optimizer => ({
    ...blaqOf(options),
    batchAt: trialsEvery(options.period ?? 5).batch,
  }),
  niti: ours<NitiOptions>("niti", 1, niti, nitiNames),
  direct: ours<DirectOptions>("direct", 3, direct, directNames),
} as const;
