/** @file Update rules: how an optimizer changes one parameter by its gradient, and what it remembers of it. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import type { Parameter } from "../../core/signal.ts";
import { elements, type Shape, type Tensor } from "../../core/tensor.ts";
import { constant } from "../module/initialize.ts";
import type { Scope } from "../module/module.ts";
import { type Task, wait } from "../step/task.ts";

/** Changes one parameter in place, at this rate; `step` counts the updates before this one. */
export type Updater = (gradient: Tensor, rate: number, step: number) => Task<void>;

/** Update rule of an optimizer: makes what must be remembered of one parameter, and its updater. */
export type UpdateRule = (scope: Scope, parameter: Parameter, weightDecay: number) => Updater;

/** Arguments of an update beside the gradient. */
export interface UpdateHow {
  readonly rate: number;
  /** 0 for parameters that do not decay. */
  readonly weightDecay: number;
  /** Updates before this one. */
  readonly step: number;
}

/** An update rule in plain numbers. */
export interface HostRule<S extends string> {
  /** State of a parameter, by name: from the shape of the parameter to that of the state, which starts with 0. */
  readonly state: Readonly<Record<S, (shape: Shape) => Shape>>;
  /** Changes the elements of a parameter, and of its state, in place. */
  readonly update: (
    parameter: Float32Array,
    gradient: Float32Array,
    state: Readonly<Record<S, Float32Array>>,
    how: UpdateHow,
  ) => void;
}

/** Updates a parameter on the host, whatever the engine: `update` changes its elements in place, given those of its gradient. */
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

/** The shape of what a rule remembers. @throws `RangeflowFailure` where a user's function gives none */
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
 * An update rule that runs on the host, with the same bits on every engine. What it remembers stands at `${path}/${name}` among the
 * parameters, so that checkpoints keep it.
 *
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
