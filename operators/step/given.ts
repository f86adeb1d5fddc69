/** @file Checks of what an op returns, which may be anything, once per subscription. */
import { type Problem, problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Expr, Stage } from "../../core/expr.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import type { Parameter } from "../../core/signal.ts";
import { type Shape, sameShape, shapeText, type Tensor } from "../../core/tensor.ts";

/** The place of an op, for errors: `Context.where`. */
interface Place {
  readonly where: string;
}

const isExpr = (given: unknown): given is Expr =>
  typeof given === "object" && given !== null && "source" in given && "stages" in given;

/** What is wrong with a stage on a tensor of a shape, for an error; `undefined` if nothing is. */
const wrongStage = (stage: Stage, shape: Shape): string | undefined => {
  const channels = shape.at(-1) as number;
  for (const [name, value] of Object.entries(stage)) {
    if (!(value instanceof Float32Array) || value.length === 1 || value.length === channels) continue;
    return `a stage ${stage._tag} whose ${name} has ${value.length} numbers for ${channels} channels`;
  }
  if (!("other" in stage)) return undefined;
  return sameShape(stage.other.shape, shape)
    ? wrongStages(stage.other)
    : `a stage ${stage._tag} that joins ${shapeText(shape)} and ${shapeText(stage.other.shape)}`;
};

const wrongStages = ({ stages, shape }: Expr): string | undefined => {
  for (const stage of stages) {
    const wrong = wrongStage(stage, shape);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/**
 * Checks that a result is an expression of the expected shape whose stages match their tensors.
 *
 * @param what the result, e.g. `backward gave dx`
 * @param shape expected shape
 * @param why the reason for the expected shape
 * @throws `RangeflowFailure` naming layer, step and both shapes
 */
export const checkExpr = (place: Place, what: string, given: unknown, shape: Shape, why: string): void => {
  if (!isExpr(given))
    throw new RangeflowFailure(
      problem(
        place.where,
        `${what} that is not an expression of a tensor`,
        `one of ${shapeText(shape)}, ${why}`,
        "ofTensor makes one from a tensor, staged from another expression",
      ),
    );
  if (!sameShape(given.shape, shape))
    throw new RangeflowFailure(
      problem(place.where, `${what} of ${shapeText(given.shape)}`, `${shapeText(shape)}, ${why}`),
    );
  const wrong = wrongStages(given);
  if (wrong !== undefined)
    throw new RangeflowFailure(
      problem(
        place.where,
        `${what} with ${wrong}`,
        "one number, or one for each channel, and tensors of the same shape",
      ),
    );
};

/** A field of a value that may be anything. */
export const fieldOf = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null ? (given as Record<string, unknown>)[name] : undefined;

/** Whether an object has all of these functions. */
export const hasFunctions = (given: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof fieldOf(given, name) === "function");

/** Why the result of a user's `make` is not a plan of a layer; `undefined` if it is one. */
export const notPlan = (where: string, planned: unknown): Problem | undefined => {
  if (!hasFunctions(planned, "open") && !hasFunctions(planned, "forward", "backward"))
    return problem(
      where,
      `make gives ${valueText(planned)}`,
      "an object with the functions forward and backward, or with open, or a problem",
    );
  const shape = fieldOf(planned, "shape");
  const isImage = Array.isArray(shape) && shape.length === 3 && shape.every(isPositiveInteger);
  return shape === undefined || isImage
    ? undefined
    : problem(
        where,
        `a shape of ${valueText(shape)}`,
        "height, width and channels of one sample, each a positive integer",
      );
};

/**
 * Checks that a gradient has one element for each of its parameter.
 *
 * @throws `RangeflowFailure` naming layer, step and both shapes
 */
export const checkGradient = (place: Place, { path, value }: Parameter, { size, shape }: Tensor): void => {
  if (size === value.size) return;
  throw new RangeflowFailure(
    problem(
      place.where,
      `backward gave a gradient of ${shapeText(shape)} for the parameter ${path}`,
      `one of ${shapeText(value.shape)}, as the parameter`,
    ),
  );
};

/**
 * Checks that gradients of parameters are a map from parameters to expressions.
 *
 * @throws `RangeflowFailure` naming layer, step and parameter
 */
export const checkGradients = ({ where }: Place, gradients: unknown): void => {
  if (gradients === undefined) return;
  const refuse = (found: string): RangeflowFailure =>
    new RangeflowFailure(
      problem(
        where,
        `backward gave ${found}`,
        "a map from each parameter to the expression of its gradient",
        "gradients: new Map([[parameter, ofTensor(tensor)]]); undefined for a parameter means that there is none in this step",
      ),
    );
  if (!(gradients instanceof Map)) throw refuse("gradients that are not a Map");
  for (const [parameter, gradient] of gradients as ReadonlyMap<unknown, unknown>) {
    const path = fieldOf(parameter, "path");
    if (typeof path !== "string")
      throw refuse(`a gradient for ${valueText(parameter)}, which is no parameter`);
    const isOne = gradient === undefined || isExpr(gradient) || hasFunctions(gradient, "next");
    if (!isOne) throw refuse(`a gradient of ${path} that is not an expression of a tensor`);
  }
};

/** Failure of a backward function that gave no gradient for a parameter of its layer. */
export const forgotten = (where: string, { path }: Parameter): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      `backward gave no gradient for the parameter ${path}`,
      "one for each parameter that the layer has made",
      "return { dx, gradients: new Map([[parameter, gradient]]) }; undefined means that there is none in this step",
    ),
  );

/** Failure of a network in which the second copy of a gradient is not passed on. */
export const lostCopy = (where: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      "a second copy of a gradient that never reached the preceding layer with weights",
      "operators between the two that pass on all arguments of a pullback",
      "wrap one as (...args) => pullback(...args)",
    ),
  );
