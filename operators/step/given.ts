/** @file What an op gives back, looked at once for each subscription: its author may give anything. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import type { Parameter } from "../../core/signal.ts";
import { type Shape, sameShape, shapeText, type Tensor } from "../../core/tensor.ts";

/** The place of an op, for errors: `Context.where`. */
interface Place {
  readonly where: string;
}

const isExpr = (given: unknown): given is Expr =>
  typeof given === "object" && given !== null && "source" in given && "stages" in given;

/**
 * Refuses what is no expression, or one of another shape.
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
        `${what} that is no expression of a tensor`,
        `one of ${shapeText(shape)}, ${why}`,
        "ofTensor makes one of a tensor, staged one of another one",
      ),
    );
  if (!sameShape(given.shape, shape))
    throw new RangeflowFailure(
      problem(place.where, `${what} of ${shapeText(given.shape)}`, `${shapeText(shape)}, ${why}`),
    );
};

/** The field of an object that somebody may have forgotten to give. */
export const fieldOf = (given: unknown, name: string): unknown =>
  typeof given === "object" && given !== null ? (given as Record<string, unknown>)[name] : undefined;

/** Whether an object has all these functions. */
export const hasFunctions = (given: unknown, ...names: readonly string[]): boolean =>
  names.every((name) => typeof fieldOf(given, name) === "function");

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
