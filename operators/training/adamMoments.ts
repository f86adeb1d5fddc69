/** @file What Adam remembers of a parameter: both moments of its gradients, [m0, v0, m1, v1, .., t], t counting the updates. */
import { elements, type Shape, sizeOf } from "../../core/tensor.ts";
import type { Parameters } from "../module/parameters.ts";

/** Decays of both moments, and what keeps their quotient finite. */
export interface AdamDecays {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Decays of both moments, and the smallest denominator, those of the paper where missing. */
export const defaultDecays: AdamDecays = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const pathOf = (path: string): string => `${path}/moments`;

/** Shape of the moments of a parameter. */
export const momentsShape = (shape: Shape): Shape => [2 * sizeOf(shape) + 1];

/** Number of updates of the moments. */
export const updatesOf = (moments: Float32Array): number => moments[moments.length - 1] as number;

/**
 * Denominator of Adam, element by element; up to the rate the curvature of the loss, as far as gradients tell.
 *
 *     sqrt(v / (1 - beta2^t)) + epsilon
 *
 * @returns `undefined` for a parameter that does not learn with Adam, and before its first update
 */
export const curvatureAt = (parameters: Parameters, path: string): Float32Array | undefined => {
  const state = parameters.find(pathOf(path));
  if (state?.kind !== "state") return undefined;
  const moments = elements(state.value);
  const t = updatesOf(moments);
  if (t === 0) return undefined;
  const { beta2, epsilon } = defaultDecays;
  const curvature = new Float32Array((moments.length - 1) / 2);
  for (let i = 0; i < curvature.length; i++)
    curvature[i] = Math.sqrt((moments[2 * i + 1] as number) / (1 - beta2 ** t)) + epsilon;
  return curvature;
};
