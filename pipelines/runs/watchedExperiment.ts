/**
 * @file Watches the functions in the experiment of a user's file: a call that does not return ends the process with a message. Functions
 *   inside its modules are watched by the scope in which they are built, and each step as a whole (`foreign/watchedNetwork.ts`).
 */
import { after } from "../../core/eventual.ts";
import { type Callable, nameOf } from "../../core/named.ts";
import type { Module, Watch } from "../../operators/module/module.ts";
import { planRoles, type QuantizerValue, type Rule, type SitePlan } from "../../quantizers/rules/rule.ts";
import type { Batches } from "../data/batches.ts";
import type { Dataset } from "../data/dataset.ts";
import { factsOf } from "../data/datasetFacts.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import type { DataSource, Experiment } from "../experiments/experiment.ts";

/**
 * Watches every call of a function. The result keeps the function's name and its other properties.
 *
 * @param stepOf step of a call, from its arguments. Default: the step of the surrounding call
 */
const watched = <F extends Callable>(
  watch: Watch,
  place: string,
  f: F,
  stepOf: (...given: Parameters<F>) => number = () => -1,
): F => {
  const watchedAt = watch(place);
  const call = (...given: Parameters<F>): unknown => watchedAt(stepOf(...given), () => f(...given));
  return Object.defineProperties(call, Object.getOwnPropertyDescriptors(f)) as F;
};

const watchedBatches = (batches: Batches, which: string, watch: Watch): Batches => ({
  ...batches,
  make: watched(
    watch,
    `data, a ${which} batch`,
    (step, into) => batches.make(step, into),
    (step) => step,
  ),
});

/** Data with watched methods. Labelled images have none; invalid data are reported by the code that reads them. */
const watchedData = (data: Dataset | LabelledImages, watch: Watch): Dataset | LabelledImages => {
  if (typeof data !== "object" || data === null || !("batches" in data)) return data;
  return {
    ...factsOf(data),
    content: watched(watch, "data, content", () => data.content()),
    batches: watched(watch, "data, batches", (how) => {
      const { train, test } = data.batches(how);
      return {
        train: watchedBatches(train, "training", watch),
        test: watchedBatches(test, "test", watch),
      };
    }),
    blank: watched(watch, "data, blank", (samples) => data.blank(samples)),
  };
};

const watchedSource = (data: DataSource, watch: Watch): DataSource =>
  watched(watch, "data", () =>
    after(typeof data === "function" ? data() : data, (read) => watchedData(read, watch)),
  ) as DataSource;

const watchedModule = (module: Module, place: string, watch: Watch): Module => watched(watch, place, module);

/** Watches functions that choose quantizers. Each function is wrapped once, even if several rules contain it. */
const watchedChoices = (watch: Watch): ((value: QuantizerValue) => QuantizerValue) => {
  const known = new Map<QuantizerValue, QuantizerValue>();
  return (value) => {
    if (typeof value !== "function" && !("choose" in value)) return value;
    const found = known.get(value);
    if (found !== undefined) return found;
    const { name } = value;
    const made =
      typeof value === "function"
        ? watched(watch, `quantizer ${nameOf(value)}`, value)
        : { ...value, choose: watched(watch, `quantizer ${name}`, value.choose) };
    known.set(value, made);
    return made;
  };
};

const watchedRules = (rules: readonly Rule[], watch: Watch): readonly Rule[] => {
  const choice = watchedChoices(watch);
  const planned = (plan: SitePlan): SitePlan =>
    plan.quantizer === undefined ? plan : { ...plan, quantizer: choice(plan.quantizer) };
  return rules.map((rule) => {
    try {
      const plans = planRoles.flatMap((role) => (rule[role] ? [[role, planned(rule[role])] as const] : []));
      return { ...rule, ...Object.fromEntries(plans) };
    } catch {
      // A rule that cannot be read is reported where rules are resolved.
      return rule;
    }
  });
};

type Parts = Required<Experiment>;

const asItIs = <T>(part: T): T => part;

/** How each part is watched. Every new part needs an entry here. */
const parts: { readonly [K in keyof Parts]: (part: Parts[K], watch: Watch) => Parts[K] } = {
  network: (network, watch) =>
    typeof network === "function"
      ? watchedModule(network, "network, while it is built", watch)
      : {
          forData: watched(watch, "network, forData", (data) =>
            watchedModule(network.forData(data), "network, while it is built", watch),
          ),
        },
  data: watchedSource,
  loss: (loss, watch) => watchedModule(loss, "loss, while it is built", watch),
  optimizer: (optimizer, watch) => ({
    ...optimizer,
    make: watched(watch, "optimizer, make", (rate, length) =>
      watchedModule(optimizer.make(rate, length), "optimizer, while it is built", watch),
    ),
    ...(optimizer.batchAt && {
      batchAt: watched(watch, "optimizer, batchAt", optimizer.batchAt, (step) => step),
    }),
  }),
  schedule: (schedule, watch) => watched(watch, `schedule ${nameOf(schedule)}`, schedule, (step) => step),
  // Watched where it is measured, at each step.
  metrics: asItIs,
  detections: asItIs,
  // Functions that sites call are watched there.
  quantization: watchedRules,
  // Plain data.
  name: asItIs,
  score: asItIs,
  accumulator: asItIs,
  barrier: asItIs,
  constraint: asItIs,
  layerConstraint: asItIs,
  measurements: asItIs,
  batch: asItIs,
  epochs: asItIs,
  seed: asItIs,
};

/** The experiment with all its functions watched. */
export const watchedExperiment = (experiment: Experiment, watch: Watch): Experiment =>
  Object.fromEntries(
    Object.entries(experiment).map(([name, part]) => [
      name,
      part === undefined ? part : (parts[name as keyof Parts] as Callable)(part, watch),
    ]),
  ) as unknown as Experiment;
