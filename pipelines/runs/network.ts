import type { Constraint } from "../../core/constraint.ts";
import type { Engine } from "../../core/engine.ts";
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import { growingSharpness, type LogBarrier } from "../../core/logBarrier.ts";
import { nameOf } from "../../core/named.ts";
import { key } from "../../core/random.ts";
import { narrowAccumulator } from "../../operators/layers/accumulate.ts";
import { constrained } from "../../operators/losses/constrained.ts";
import { layerConstraint } from "../../operators/losses/constrainedLayer.ts";
import { barrierOnActivations, weightBarrier } from "../../operators/losses/logBarrier.ts";
import { sharedGradients } from "../../operators/losses/sharedGradients.ts";
import { build, scopeFor } from "../../operators/module/build.ts";
import type { Hook } from "../../operators/module/hooks.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Convolution, Module, Scope } from "../../operators/module/module.ts";
import type { Note } from "../../operators/module/notes.ts";
import { type Parameters, parameterStore } from "../../operators/module/parameters.ts";
import { patienceOf } from "../../operators/module/patience.ts";
import { probedSteps } from "../../operators/module/probe.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { histogramsAt } from "../../operators/taps/histograms.ts";
import { metrics } from "../../operators/taps/metrics.ts";
import { sqnrAt } from "../../operators/taps/sqnr.ts";
import type { RunSchedule, Schedule } from "../../operators/training/schedule.ts";
import type { ResolvedSite, SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import type { Dataset } from "../data/dataset.ts";
import type { ConstraintPlan, Experiment } from "../experiments/experiment.ts";
import { unwatchedEngine, watchedNetwork } from "../foreign/watchedNetwork.ts";
import { startingWith } from "../weights/startingWith.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";
import { mostPictures } from "./detectedPictures.ts";
import type { ProductEvent } from "./events.ts";
import { type FirstFound, firstFound } from "./firstFound.ts";
import { inputGradientsIn } from "./inputGradients.ts";
import { operandSitesIn } from "./operandSites.ts";
import { productsOf } from "./products.ts";
import { unused } from "./unused.ts";

/** True every N steps; never if N is 0. */
const every =
  (period: number) =>
  (step: number): boolean =>
    period > 0 && step % period === 0;

/** Length of a run in training steps. */
export interface RunSteps {
  readonly steps: number;
  /** Steps per epoch, the same for all epochs. */
  readonly perEpoch: number;
}

const barrierOf = ({ barrier }: Experiment, { perEpoch }: RunSteps): LogBarrier | undefined =>
  barrier && {
    weight: barrier.weight,
    bound: barrier.bound,
    sharpness: growingSharpness(barrier.sharpness, barrier.growth, Math.max(perEpoch, 1)),
  };

const constraintOf = (plan: ConstraintPlan | undefined, { perEpoch }: RunSteps): Constraint | undefined =>
  plan && { bound: plan.bound, rate: plan.rate, period: Math.max(perEpoch, 1) };

/** The network of an experiment for the given data. */
export const networkFor = ({ network }: Pick<Experiment, "network">, data: Dataset): Module =>
  typeof network === "function" ? network : network.forData(data);

/** Learning rate of each step, from a schedule that may be user-defined. */
const rateOf =
  (schedule: RunSchedule, { steps }: RunSteps): Schedule =>
  (step) => {
    const name = nameOf(schedule);
    const where = `${name === "schedule" ? name : `schedule ${name}`}, step ${step}`;
    let rate: unknown;
    try {
      rate = schedule(step, steps);
    } catch (error) {
      throw thrownBy(where, error, "a function from a step to its learning rate");
    }
    if (typeof rate === "number" && Number.isFinite(rate)) return rate;
    throw new RangeflowFailure(problem(where, `a rate of ${valueText(rate)}`, "a finite number"));
  };

/** Prefixes the errors of a user-defined module with its name. */
const guarded =
  (where: string, make: () => Module): Module =>
  (scope) => {
    const expected = "a module that can be built";
    let built: unknown;
    try {
      built = make()(scope);
    } catch (error) {
      throw thrownBy(where, error, expected);
    }
    if (typeof built === "object" && built !== null && "_tag" in built) return built as ReturnType<Module>;
    throw new RangeflowFailure(problem(where, `returned ${valueText(built)}`, expected));
  };

/** What follows the outputs of a network. */
interface AfterOutputs {
  /** Modules that observe outputs. */
  readonly looks: readonly Module[];
  /** Whether metrics, loss and optimizer are built and compute nothing. */
  readonly onlyOutputs: boolean;
}

/** Network, metrics, loss and optimizer as one module: what a run trains. */
export const trainedModule = (
  experiment: Experiment,
  data: Dataset,
  length: RunSteps,
  { looks, onlyOutputs }: AfterOutputs = { looks: [], onlyOutputs: false },
): Module => {
  const { name, loss, optimizer, schedule } = experiment;
  const { batchAt } = optimizer;
  const further = (module: Module): Module => (onlyOutputs ? unused(module) : module);
  const network = sequential(networkFor(experiment, data), further(metrics(experiment.metrics)), ...looks);
  const barrier = barrierOf(experiment, length);
  const constraint = constraintOf(experiment.constraint, length);
  const smoothing = experiment.constraint?.smoothing ?? 0;
  const training = sequential(
    constraint
      ? constrained(network, { constraint, smoothing })
      : sequential(network, further(guarded(`loss of ${name}`, () => loss))),
    ...(constraint || experiment.layerConstraint ? [further(sharedGradients())] : []),
    ...(barrier ? [further(weightBarrier(barrier))] : []),
    further(guarded(`optimizer of ${name}`, () => optimizer.make(rateOf(schedule, length), length))),
  );
  return (scope) => {
    scope.note({ _tag: "Functions", place: "the modules", functions: [loss, optimizer.make] });
    scope.note({
      _tag: "Functions",
      place: "the schedule",
      functions: [],
      probe: () => probedSteps((step) => schedule(step, length.steps), length.steps),
    });
    if (batchAt)
      scope.note({
        _tag: "Functions",
        place: "the order of batches",
        functions: [batchAt],
        probe: () => probedSteps(batchAt, length.steps),
      });
    return training(scope);
  };
};

/** Options of `network`. */
export interface NetworkOptions extends SiteQuantizers {
  readonly experiment: Experiment;
  readonly engine: Engine;
  readonly data: Dataset;
  readonly history: Scope["history"];
  /** Timeout in seconds of a call of an estimator or another module. */
  readonly patience: number;
  readonly length: RunSteps;
  readonly watch: Scope["watch"];
  readonly onlookers?: Onlookers;
  /** Initial values of its parameters, if a weights file has them. */
  readonly initial?: WeightMatch;
  readonly firstRange?: Scope["firstRange"];
}

/** Observers of a network, which do not change its results. */
export interface Onlookers {
  /** Hooks around its sites and layers, inside those of the run. */
  readonly hooks: (engine: Engine) => readonly Hook[];
  /** Modules that observe its outputs. */
  readonly looks: readonly Module[];
  /** Whether only the outputs matter: metrics, losses and detections of the user are then not called, as for samples without targets. */
  readonly onlyOutputs?: boolean;
}

/** A built network, ready for training. */
export interface Network {
  /** Model, loss and optimizer. */
  readonly layer: Layer;
  readonly parameters: Parameters;
  readonly products: readonly ProductEvent[];
  /** Sites that rules within the network decide about, instead of those of the experiment. */
  readonly ownSites: readonly ResolvedSite[];
  /** Detections on the first test images; undefined unless the task is detection. */
  readonly found: FirstFound["found"] | undefined;
}

/**
 * Builds what a run trains: network, loss and optimizer.
 *
 * @throws `RangeflowFailure` with everything that cannot be built
 */
export const network = (options: NetworkOptions): Network => {
  const { experiment, engine, data, quantizer, weightGradient, history, patience, length, watch } = options;
  const { onlookers, initial, firstRange } = options;
  const { onlyOutputs = false } = onlookers ?? {};
  const { seed, accumulator, measurements } = experiment;
  const store = parameterStore(engine);
  const parameters = initial ? startingWith(initial, store) : store;
  const barrier = barrierOf(experiment, length);
  const constraint = constraintOf(experiment.layerConstraint, length);
  const convolutions: Convolution[] = [];
  const notes: Note[] = [];
  const scope = scopeFor({
    shape: data.shape,
    engine: unwatchedEngine(engine),
    seed: key(seed),
    parameters,
    quantizer,
    weightGradient,
    history,
    ...(firstRange && { firstRange }),
    patience: patienceOf(patience, "--patience"),
    watch,
    announce: (convolution) => void convolutions.push(convolution),
    note: (note) => void notes.push(note),
    hooks: [
      ...(onlookers?.hooks(engine) ?? []),
      ...(accumulator ? narrowAccumulator(accumulator) : []),
      histogramsAt(every(measurements.histogramEvery ?? 0)),
      sqnrAt(every(measurements.sqnrEvery ?? 0)),
      ...(constraint ? [layerConstraint(constraint)] : []),
      ...(barrier && experiment.barrier?.on === "all" ? [barrierOnActivations(barrier)] : []),
    ],
  });
  const found =
    experiment.detections && !onlyOutputs ? firstFound(experiment.detections, mostPictures) : undefined;
  const looks = [...(found ? [found.module] : []), ...(onlookers?.looks ?? [])];
  const { layer } = build(trainedModule(experiment, data, length, { looks, onlyOutputs }), scope);
  const own = new Map(
    notes.flatMap((note) =>
      note._tag === "Rules" ? note.sites().map((one) => [one.site, one] as const) : [],
    ),
  );
  const inForce: SiteQuantizers["quantizer"] = (site, role) =>
    own.get(site)?.quantizer ?? quantizer(site, role);
  return {
    layer: watchedNetwork(layer, watch),
    parameters,
    products: productsOf(convolutions, inputGradientsIn(notes, parameters, inForce), operandSitesIn(notes), {
      quantizer: inForce,
      weightGradient:
        weightGradient && ((site, role) => own.get(site)?.quantizer ?? weightGradient(site, role)),
    }),
    ownSites: [...own.values()],
    found: found?.found,
  };
};
