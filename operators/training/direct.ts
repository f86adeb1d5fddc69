import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { HostParameter, Parameter } from "../../core/signal.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import { levelsName } from "../../quantizers/learned/directLevels.ts";
import { nearestLevels } from "../../quantizers/learned/levels.ts";
import { constant } from "../module/initialize.ts";
import type { Module, Scope } from "../module/module.ts";
import { type Wait, wait } from "../step/task.ts";
import { type OptimizerOptions, optimizer, optimizerNames } from "./optimizer.ts";
import { sgdRule } from "./sgd.ts";
import type { UpdateHow, UpdateRule, Updater } from "./updateRule.ts";

/** Options of gradient descent among levels. */
export interface DirectOptions extends OptimizerOptions {
  /** Momentum of what is no weight among levels; 0 where missing. Weights move at rate / (1 - momentum), and have no velocity. */
  readonly momentum?: number;
}

/** Names of the options of gradient descent among levels. */
export const directNames: OptionNames<DirectOptions> = { ...optimizerNames, momentum: true };

/** Weights that are levels: which one each has, and how hard it is pushed to the next. */
export interface LevelWeights {
  /** Place of each weight's level. */
  readonly level: Float32Array;
  /** What the gradients of each weight since its last move add up to, in units of the weights. */
  readonly pressure: Float32Array;
}

/**
 * One step of gradient descent among levels, in place: what a float weight would have moved by becomes pressure, and a weight whose pressure
 * comes to half a gap goes to the next level, where it begins without any.
 *
 *     pressure <- pressure - rate (g + weightDecay level[k])
 *     k <- k + 1, pressure <- 0   where pressure >= (level[k + 1] - level[k]) / 2,   and likewise down
 *
 * Outermost levels have a wall behind them, at which no pressure adds up.
 *
 * @param levels in ascending order
 */
export const descendLevels = (
  { level, pressure }: LevelWeights,
  gradient: Float32Array,
  levels: Float32Array,
  { rate, weightDecay }: Pick<UpdateHow, "rate" | "weightDecay">,
): void => {
  for (let i = 0; i < level.length; i++) {
    const k = level[i] as number;
    const here = levels[k] as number;
    const sum = (pressure[i] as number) - rate * ((gradient[i] as number) + weightDecay * here);
    const next = levels[sum > 0 ? k + 1 : k - 1];
    const moves = next !== undefined && Math.abs(sum) >= Math.abs(next - here) / 2 && sum !== 0;
    if (moves) level[i] = sum > 0 ? k + 1 : k - 1;
    pressure[i] = moves || next === undefined ? 0 : sum;
  }
};

/** The largest part of a gap that a level covers in one step, so that levels stay in order. */
const mostOfGap = 1 / 3;

/** Limits levels after a step, in place: none goes farther than a third of the way to a neighbour, so they stay in order. */
export const limitLevels = (levels: Float32Array, before: Float32Array): void => {
  for (let k = 0; k < levels.length; k++) {
    const here = before[k] as number;
    const [below, above] = [
      before[k - 1] ?? Number.NEGATIVE_INFINITY,
      before[k + 1] ?? Number.POSITIVE_INFINITY,
    ];
    const limited = Math.min(levels[k] as number, here + mostOfGap * (above - here));
    levels[k] = Math.max(limited, here - mostOfGap * (here - below));
  }
};

/** Path of what is remembered of weights that are levels. */
const placePath = (path: string): string => `${path}/level`;

/** The levels of weights; undefined where they have none. */
const levelsAt = ({ parameters }: Scope, { path }: Parameter): HostParameter | undefined => {
  const found = parameters.find(`${path}/${levelsName}`);
  return found?.kind === "quantizer" ? found : undefined;
};

/** The weights whose levels these are; undefined for any other parameter. */
const weightsOf = ({ parameters }: Scope, { path, kind }: Parameter): Parameter | undefined => {
  const end = `/${levelsName}`;
  if (kind !== "quantizer" || !path.endsWith(end)) return undefined;
  const found = parameters.find(path.slice(0, -end.length));
  return found?.kind === "weight" ? found : undefined;
};

/** The levels at some places. */
const levelsIn = (places: Float32Array, levels: HostTensor): Float32Array => {
  const values = elements(levels);
  return places.map((k) => values[k] as number);
};

/** Gives each weight its level. */
const assignLevels = (
  engine: Scope["engine"],
  weights: Parameter,
  level: HostTensor,
  levels: HostTensor,
): Wait<void> => wait(engine.write(weights.value, levelsIn(elements(level), levels)));

/** Levels as they were before a step, whichever parameter is updated first. */
type Before = (levels: HostTensor, step: number) => Float32Array;

const remembering = (): Before => {
  const taken = new WeakMap<HostTensor, { readonly step: number; readonly values: Float32Array }>();
  return (levels, step) => {
    const last = taken.get(levels);
    if (last?.step === step) return last.values;
    const values = elements(levels).slice();
    taken.set(levels, { step, values });
    return values;
  };
};

/** Moves weights among their levels; they become levels at once, where parameters are made and not only planned. */
const moving = (
  { engine, parameters }: Scope,
  weights: Parameter,
  levels: HostParameter,
  before: Before,
  { weightDecay, momentum }: { readonly weightDecay: number; readonly momentum: number },
): Updater => {
  const { path, value } = weights;
  const start = (places: Float32Array): void => {
    places.set(nearestLevels(elements(expectSync(engine.read(value))), elements(levels.value)));
    expectSync(engine.write(value, levelsIn(places, levels.value)));
  };
  const level = parameters.create(placePath(path), "state", value.shape, start).value;
  const pressure = parameters.create(`${path}/pressure`, "state", value.shape, constant(0)).value;
  return function* (gradient, rate, step) {
    const gaps = before(levels.value, step);
    const g = elements(yield* wait(engine.read(gradient)));
    const how = { rate: rate / (1 - momentum), weightDecay };
    descendLevels({ level: elements(level), pressure: elements(pressure) }, g, gaps, how);
    yield* assignLevels(engine, weights, level, levels.value);
  };
};

/** Moves levels, and their weights with them. */
const carrying = (
  { engine, parameters }: Scope,
  weights: Parameter,
  levels: HostParameter,
  before: Before,
  update: Updater,
): Updater =>
  function* (gradient, rate, step) {
    const old = before(levels.value, step);
    yield* update(gradient, rate, step);
    limitLevels(elements(levels.value), old);
    const level = parameters.find(placePath(weights.path)) as HostParameter;
    yield* assignLevels(engine, weights, level.value, levels.value);
  };

const directRule = (momentum: number): UpdateRule => {
  const before = remembering();
  return (scope, parameter, weightDecay) => {
    const levels = parameter.kind === "weight" ? levelsAt(scope, parameter) : undefined;
    if (levels) return moving(scope, parameter, levels, before, { weightDecay, momentum });
    const update = sgdRule(momentum, false)(scope, parameter, weightDecay);
    const weights = weightsOf(scope, parameter);
    return weights ? carrying(scope, weights, parameter as HostParameter, before, update) : update;
  };
};

/**
 * The end of a training network (`optimizer`) in which weights are levels from the start: those of the quantizer `directQuantization`. A
 * weight is the place of its level and a pressure (`descendLevels`), and no finer weight stands behind it: a move forgets how strong the pressure
 * was. Levels, and all that has none, learn by gradient descent with momentum.
 *
 * Memory: what has to be kept of a weight are `bits` of its place and 32 bits of pressure, where descent with momentum keeps 64, its weight
 * and its velocity. In this program all three, place, pressure and the level itself, are float32.
 *
 * A reconstruction, not reproduced: of the paper the abstract was read, which says that gradient descent updates quantized weights and their
 * levels directly. How a weight comes to another level is ours.
 *
 * @see Hoang et al. 2020, arXiv:2012.13762, its abstract (docs/methods.md 7.4)
 * @example
 * const end = direct({ rate: constantRate(0.1), momentum: 0.9 });
 * sequential(quantized(dense)("dense1", { units: 10 }), crossEntropy(), end);
 */
export const direct = (options: DirectOptions): Module => {
  const { momentum = 0, ...others } = knownOptions("direct", options, directNames);
  if (!(momentum < 1))
    throw new RangeflowFailure(
      problem("direct", `a momentum of ${momentum}`, "a number below 1", "0.9 is usual"),
    );
  return optimizer(directRule(momentum), others);
};
