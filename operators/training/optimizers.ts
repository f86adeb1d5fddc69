/** @file Optimizers as values, by name: what an experiment is told, before a run knows its length. */
import { nameOf } from "../../core/named.ts";
import type { Module } from "../module/module.ts";
import { type AdamOptions, adam } from "./adam.ts";
import { type BlaqOptions, blaq } from "./blaq.ts";
import { type NitiOptions, niti } from "./niti.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { RunSchedule, Schedule } from "./schedule.ts";
import { type SgdOptions, sgd } from "./sgd.ts";
import { trialsEvery } from "./trials.ts";

/** What an optimizer learns of the run that it ends. */
export interface RunLength {
  /** Training steps in all. */
  readonly steps: number;
}

export interface Optimizer {
  /** With its options: `sgd:momentum=0.9`. Runs that differ in it are different runs. */
  readonly name: string;
  /** The end of a training network: pulls the gradient of the loss back, and updates the parameters. */
  readonly make: (rate: Schedule, length: RunLength) => Module;
  /** The batch that a step trains on; batch n at step n where missing. `blaq` sees some batches twice. */
  readonly batchAt?: (step: number) => number;
  /** Numbers that it keeps for each one that is trained, itself included, so that what cannot fit is refused; 2 where missing. */
  readonly copies?: number;
}

/** Options of an optimizer of ours, as an experiment has them: rates come from its schedule. */
type Told<T extends OptimizerOptions> = Omit<T, "rate" | "quantizerRate"> & {
  /** Rates of learned quantizers; see `OptimizerOptions`. */
  readonly quantizerRate?: RunSchedule;
};

/** An optimizer by its name and options, of which those that are functions have names of their own. */
const told =
  <T extends OptimizerOptions>(name: string, copies: number, end: (options: T) => Module) =>
  (options: Told<T> = {} as Told<T>): Optimizer => {
    const { quantizerRate, ...rest } = options;
    const texts = Object.entries(options)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => `${key}=${typeof value === "function" ? nameOf(value) : value}`);
    return {
      name: texts.length > 0 ? `${name}:${texts.join(",")}` : name,
      make: (rate, { steps }) =>
        end({
          ...rest,
          rate,
          ...(quantizerRate && { quantizerRate: (step: number) => quantizerRate(step, steps) }),
        } as unknown as T),
      copies,
    };
  };

const blaqOf = told<BlaqOptions>("blaq", 4, blaq);

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
  sgd: told<SgdOptions>("sgd", 2, sgd),
  adam: told<AdamOptions>("adam", 3, adam),
  blaq: (options: Told<BlaqOptions> = {}): Optimizer => ({
    ...blaqOf(options),
    batchAt: trialsEvery(options.period ?? 5).batch,
  }),
  niti: told<NitiOptions>("niti", 1, niti),
} as const;
