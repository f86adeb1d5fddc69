/** @file Adam's state of a parameter: both moments of each element and the update count, [m0, v0, m1, v1, .., t]. */
import { pow } from "../../core/elementary/pow.ts";
import { elements, type Shape, sizeOf } from "../../core/tensor.ts";
import type { Parameters } from "../module/parameters.ts";

/** Decay rates of both moments, and the epsilon in the denominator. */
export interface AdamDecays {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Decay rates and epsilon of the paper. */
export const defaultDecays: AdamDecays = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const pathOf = (path: string): string => `${path}/moments`;

/** Shape of the moments of a parameter of `shape`. */
export const momentsShape = (shape: Shape): Shape => [2 * sizeOf(shape) + 1];

/** Number of updates of the moments. */
export const updatesOf = (moments: Float32Array): number => moments[moments.length - 1] as number;

/**
 * Adam's denominator for each element of a parameter; divided by the learning rate, an estimate of the curvature of the
 * loss.
 *
 *     sqrt(v / (1 - beta2^t)) + epsilon
 *
 * @returns `undefined` for a parameter that is not trained with Adam, and before its first update
 */
export const curvatureAt = (parameters: Parameters, path: string): Float32Array | undefined => {
  const state = parameters.find(pathOf(path));
  if (state?.kind !== "state") return undefined;
  const moments = elements(state.value);
  const t = updatesOf(moments);
  if (t === 0) return undefined;
  const { beta2, epsilon } = defaultDecays;
  const unbiasing = 1 - pow(beta2, t);
  const curvature = new Float32Array((moments.length - 1) / 2);
  for (let i = 0; i < curvature.length; i++)
    curvature[i] = Math.sqrt((moments[2 * i + 1] as number) / unbiasing) + epsilon;
  return curvature;
};
