/** @file What an op gives back, looked at once for each subscription: its author may give anything. */
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

/** The fault of a stage over channels of a tensor, for a sentence; undefined if it fits. */
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
 * Refuses what is no expression, one of another shape, and stages that do not fit their tensor.
 *
 * @param what which result it is, such as `backward gave dx`
 * @param shape the shape that it should have, and why
 * @throws `RangeflowFailure` that names layer, step and both shapes
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

/** The field of an object that somebody may have forgotten to give. */
export const fieldOf = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null ? (given as Record<string, unknown>)[name] : undefined;

/** Whether an object has all these functions. */
export const hasFunctions = (given: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof fieldOf(given, name) === "function");

/** Why what the author of a layer has made is no plan of it; nothing if it is one. */
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
 * Refuses a gradient that has not one element for each of its parameter.
 *
 * @throws `RangeflowFailure` that names layer, step and both shapes
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
 * Refuses gradients of parameters that are no map from parameters to expressions.
 *
 * @throws `RangeflowFailure` that names layer, step and parameter
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
