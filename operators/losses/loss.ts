import { type Problem, problem } from "../../core/errors.ts";
import { named } from "../../core/named.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import type { Module, Scope } from "../module/module.ts";
import { evaluateLoss } from "./evaluateLoss.ts";

/** Why a target is not a tensor of the output's shape; nothing if it is. */
export const unlikeTarget = (where: string, output: Shape, target: Target): Problem | undefined => {
  if (target instanceof Int32Array)
    return problem(where, "labels for a target", `a tensor of ${shapeText(output)}, as the output`);
  return sameShape(output, target.shape)
    ? undefined
    : problem(
        where,
        `an output of ${shapeText(output)} for a target of ${shapeText(target.shape)}`,
        "two of the same shape",
      );
};

/**
 * A loss of your own: the mean over all elements of a function of output and target, which is a tensor of the same shape. Emits the metric
 * `loss`.
 *
 *     loss = mean of f(y, t),   dloss / dy = df(y, t) / number of elements,   summed in float64, element after element
 *
 * @param name for errors, and for runs to know it by, such as `huber`
 * @param df the derivative of `f` with respect to y
 * @returns `Left` if one of the functions gives no number
 * @example
 * const squaredError = loss("squared error", (y, t) => (y - t) ** 2, (y, t) => 2 * (y - t));
 * const huber = loss(
 *   "huber",
 *   (y, t) => (Math.abs(y - t) < 1 ? (y - t) ** 2 / 2 : Math.abs(y - t) - 0.5),
 *   (y, t) => Math.max(-1, Math.min(y - t, 1)),
 * );
 */
export const loss = (
  name: string,
  f: (y: number, t: number) => number,
  df: (y: number, t: number) => number,
): Module => {
  const module = evaluateLoss((_shape, path) =>
    [f, df].some((g) => typeof g(0.5, 0.25) !== "number")
      ? problem(path, `a loss ${name} that gives no number for 0.5 and 0.25`, "numbers of f and of df")
      : {
          refuses: unlikeTarget,
          metrics: [],
          evaluate: (output, target) => {
            const [y, t] = [elements(output), elements(target as HostTensor)];
            const gradient = y.map((value, i) => df(value, t[i] as number) / y.length);
            const sum = y.reduce((total, value, i) => total + f(value, t[i] as number), 0);
            return { loss: sum / y.length, metrics: {}, gradient };
          },
        },
  );
  return named(name, (scope: Scope) => {
    scope.note({ _tag: "Functions", place: `loss ${name}`, functions: [f, df] });
    return module(scope);
  });
};
