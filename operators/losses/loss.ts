import { type Problem, problem, RangeflowFailure, thrownBy } from "../../core/errors.ts";
import { named } from "../../core/named.ts";
import { readsOnly } from "../../core/readsOnly.ts";
import type { Target } from "../../core/target.ts";
import { elements, type HostTensor, type Shape, sameShape, shapeText } from "../../core/tensor.ts";
import type { Module, Scope } from "../module/module.ts";
import { probed, probePoints } from "../module/probe.ts";
import { evaluateLoss, type LossPlan } from "./evaluateLoss.ts";

/** Why a target is not a tensor with the output's shape; `undefined` if it is. */
export const unlikeTarget = (where: string, output: Shape, target: Target): Problem | undefined => {
  if (target instanceof Int32Array)
    return problem(
      where,
      "labels as the target",
      `a tensor of ${shapeText(output)}, the shape of the output`,
    );
  return sameShape(output, target.shape)
    ? undefined
    : problem(
        where,
        `an output of ${shapeText(output)} for a target of ${shapeText(target.shape)}`,
        "two of the same shape",
      );
};

/** Targets for which a loss is probed. */
const probeTargets: readonly number[] = [-2, -0.3, 0, 0.25, 1];

/** Result of a user's function. @throws `RangeflowFailure` with the name of the loss if the function throws */
const guarded = <T>(where: string, watched: ReturnType<Scope["watch"]>, call: () => T): T => {
  try {
    return watched(-1, call);
  } catch (error) {
    throw thrownBy(where, error, "a number for every output and target");
  }
};

/**
 * A loss of your own: the mean over all elements of a function of output and target. The target is a tensor with the shape of the
 * output. Emits the metric `loss`.
 *
 *     y [N, H, W, C],   t [N, H, W, C]   ->   loss [1, 1, 1, 1]
 *     loss = mean of f(y, t),   dloss / dy = df(y, t) / number of elements,   summed in float64, element after element
 *
 * @param name used in errors, and part of the identity of a run, e.g. `huber`
 * @param f of one output and one target element
 * @param df the derivative of `f` with respect to y
 * @returns a module that refuses to be built if `f` or `df` does not return a number
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
  const make = (_shape: Shape, path: string, watch: Scope["watch"]): LossPlan | Problem => {
    const where = `${path}, loss ${name}`;
    const watched = watch(where);
    return guarded(where, watched, () => [f, df].some((g) => typeof g(0.5, 0.25) !== "number"))
      ? problem(path, `a loss ${name} that returns no number for 0.5 and 0.25`, "f and df to return numbers")
      : {
          refuses: unlikeTarget,
          metrics: [],
          evaluate: (output, target) => {
            const [y, t] = [elements(output), elements(target as HostTensor)];
            const [gradient, sum] = guarded(where, watched, () => [
              y.map((value, i) => df(value, t[i] as number) / y.length),
              y.reduce((total, value, i) => total + f(value, t[i] as number), 0),
            ]);
            const wrong = gradient.findIndex((slope) => !Number.isFinite(slope));
            if (wrong >= 0 && Number.isFinite(sum))
              throw new RangeflowFailure(
                problem(
                  where,
                  `the derivative is ${gradient[wrong]} for an output of ${y[wrong]} and a target of ${t[wrong]}`,
                  "a finite derivative",
                ),
              );
            return { loss: sum / y.length, metrics: {}, gradient };
          },
        };
  };
  return named(
    name,
    evaluateLoss(readsOnly(make), {
      place: `loss ${name}`,
      functions: [f, df],
      probe: () =>
        [f, df].flatMap((g) => probeTargets.flatMap((t) => probePoints.map((y) => probed(() => g(y, t))))),
    }),
  );
};
