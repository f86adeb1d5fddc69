/** @file Update rules: how an optimizer changes a parameter by its gradient, and the state that it keeps for it. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import type { Parameter } from "../../core/signal.ts";
import { elements, type Shape, type Tensor } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import type { Scope } from "../module/module.ts";
import { type Task, wait } from "../step/task.ts";

/** Updates one parameter in place with a learning rate; `step` counts the updates before this one. */
export type Updater = (gradient: Tensor, rate: number, step: number) => Task<void>;

/** Update rule of an optimizer: creates the state of one parameter, and returns its updater. */
export type UpdateRule = (scope: Scope, parameter: Parameter, weightDecay: number) => Updater;

/** Arguments of an update beside the gradient. */
export interface UpdateHow {
  /** Learning rate of this update. */
  readonly rate: number;
  /** Weight decay of this parameter; 0 if it does not decay. */
  readonly weightDecay: number;
  /** Number of updates before this one. */
  readonly step: number;
}

/** An update rule written in plain numbers; see `hostRule`. */
export interface HostRule<S extends string> {
  /** Shapes of the state, by name: functions from the shape of the parameter to that of the state. States start with 0. */
  readonly state: Readonly<Record<S, (shape: Shape) => Shape>>;
  /** Changes the elements of a parameter and of its state in place. Arrays are in memory order. */
  readonly update: (
    parameter: Float32Array,
    gradient: Float32Array,
    state: Readonly<Record<S, Float32Array>>,
    how: UpdateHow,
  ) => void;
}

/** Updates a parameter on the host, on any engine: `update` changes its elements in place, given the gradient's. */
export function* updateOnHost(
  { engine }: Pick<Scope, "engine">,
  value: Tensor,
  gradient: Tensor,
  update: (value: Float32Array, gradient: Float32Array) => void,
): Task<void> {
  const read = yield* wait(engine.read(gradient));
  const values = elements(yield* wait(engine.read(value)));
  update(values, elements(read));
  yield* wait(engine.write(value, values));
}

/** The shape of a state. @throws `RangeflowFailure` if the user's function throws or does not return a shape */
const stateShape = (where: string, shapeOf: () => unknown): Shape => {
  const expected = "a function from the shape of a parameter to that of its state";
  let shape: unknown;
  try {
    shape = shapeOf();
  } catch (error) {
    throw thrownBy(where, error, expected);
  }
  if (Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    return shape;
  throw new RangeflowFailure(problem(where, `a shape of ${valueText(shape)}`, expected));
};

/**
 * Makes an update rule from a plain function. It runs on the host, so the bits are the same on every engine. Its state
 * is stored in parameters at `${path}/${name}`, so that checkpoints keep it.
 *
 * @throws `RangeflowFailure` in a step in which `update` throws
 * @example
 * import { hostRule } from "rangeflow/operators";
 *
 * // Lion: the sign of an average of gradients (Chen et al. 2023, arXiv:2302.06675).
 * const lion = hostRule({
 *   state: { average: (shape) => shape },
 *   update: (p, g, { average }, { rate, weightDecay }) => {
 *     g.forEach((slope, i) => {
 *       const [weight, past] = [p[i]!, average[i]!];
 *       p[i] = weight - rate * (Math.sign(0.9 * past + 0.1 * slope) + weightDecay * weight);
 *       average[i] = 0.99 * past + 0.01 * slope;
 *     });
 *   },
 * });
 */
export const hostRule =
  <S extends string>({ state, update }: HostRule<S>): UpdateRule =>
  (scope, { path, value }, weightDecay) => {
    const functions = [update, ...Object.values<(shape: Shape) => Shape>(state)];
    scope.note({ _tag: "Functions", place: "the update rule", functions });
    const states = Object.entries<(shape: Shape) => Shape>(state).map(
      ([name, shapeOf]) =>
        [
          name,
          scope.parameters.create(
            `${path}/${name}`,
            "state",
            stateShape(`${path}, state ${name}`, () =>
              scope.watch(`${path}, state ${name}`)(-1, () => shapeOf(value.shape)),
            ),
            constant(0),
          ),
        ] as const,
    );
    const remembered = (): Readonly<Record<S, Float32Array>> =>
      Object.fromEntries(states.map(([name, { value }]) => [name, elements(value)])) as Record<
        S,
        Float32Array
      >;
    const watched = scope.watch(`${path}, update rule`);
    const updateNow = (p: Float32Array, g: Float32Array, how: UpdateHow): void => {
      try {
        watched(how.step, () => update(p, g, remembered(), how));
      } catch (error) {
        const expected = "an update that changes the parameter in place";
        throw thrownBy(`${path}, step ${how.step}, update rule`, error, expected);
      }
    };
    return (gradient, rate, step) =>
      updateOnHost(scope, value, gradient, (p, g) => updateNow(p, g, { rate, weightDecay, step }));
  };
