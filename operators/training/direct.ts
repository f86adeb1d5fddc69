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

/** Options of `direct`. */
export interface DirectOptions extends OptimizerOptions {
  /**
   * Momentum of parameters that are not weights on levels; weights on levels have no velocity and use rate / (1 -
   * momentum). In [0, 1). Default: 0.
   */
  readonly momentum?: number;
}

/** Names of the options of `direct`. */
export const directNames: OptionNames<DirectOptions> = { ...optimizerNames, momentum: true };

/** State of weights on levels: the level of each weight, and its accumulated pressure towards a neighbour. */
export interface LevelWeights {
  /** Index of the level of each weight. */
  readonly level: Float32Array;
  /** Accumulated updates of each weight since it last changed its level, in the unit of the weights. */
  readonly pressure: Float32Array;
}

/**
 * One step of gradient descent on levels, in place. The update that a float weight would get is accumulated as
 * pressure; once it reaches half the gap to the next level, the weight moves there, and its pressure restarts at 0.
 *
 *     pressure <- pressure - rate (g + weightDecay level[k])
 *     k <- k + 1, pressure <- 0   where pressure >= (level[k + 1] - level[k]) / 2,   and likewise down
 *
 * Pressure beyond the outermost levels does not accumulate.
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

/** The largest fraction of a gap by which a level may move in one step. Below 1/2, it keeps levels in order. */
const mostOfGap = 1 / 3;

/**
 * Limits the levels after a step, in place: none moves by more than a third of the gap to its neighbour, so that they
 * stay in order.
 */
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

/** Path of the level indices of weights. */
const placePath = (path: string): string => `${path}/level`;

/** The levels of weights; `undefined` for a parameter without levels. */
const levelsAt = ({ parameters }: Scope, { path }: Parameter): HostParameter | undefined => {
  const found = parameters.find(`${path}/${levelsName}`);
  return found?.kind === "quantizer" ? found : undefined;
};

/** The weights that a parameter holds the levels of; `undefined` for any other parameter. */
const weightsOf = ({ parameters }: Scope, { path, kind }: Parameter): Parameter | undefined => {
  const end = `/${levelsName}`;
  if (kind !== "quantizer" || !path.endsWith(end)) return undefined;
  const found = parameters.find(path.slice(0, -end.length));
  return found?.kind === "weight" ? found : undefined;
};

/** The values of the levels at these indices. */
const levelsIn = (places: Float32Array, levels: HostTensor): Float32Array => {
  const values = elements(levels);
  return places.map((k) => values[k] as number);
};

/** Sets each weight to the value of its level. */
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

/**
 * Updater of weights on levels. Weights are rounded to levels at once when parameters are created, but not when they
 * are only planned.
 */
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

/** Updater of levels; the weights on them follow. */
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
 * The end of a training network (see `optimizer`) that trains weights directly on the levels of the quantizer
 * `directQuantization`. A weight is the index of its level and a pressure (see `descendLevels`); there is no float
 * weight behind it, and a move to another level discards the pressure. Levels and all other parameters are trained by
 * gradient descent with momentum.
 *
 * Memory per weight: `bits` for its index and 32 bits for its pressure, compared with 64 bits (weight and velocity) for
 * gradient descent with momentum. This implementation stores index, pressure and the level's value in float32.
 *
 * A reconstruction, not reproduced: only the abstract of the paper was available. It states that gradient descent
 * updates quantized weights and their levels directly; how a weight changes its level is ours.
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
