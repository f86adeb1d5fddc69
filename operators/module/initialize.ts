/** @file First values of parameters, drawn from the seed and the parameter's path alone. */
import { branch, type Key, normal } from "../../core/random.ts";

/** Fills a new parameter with its first values. */
export type Fill = (value: Float32Array) => void;

/** Normal weights of variance gain / fanIn: gain 2 keeps the scale of activations through rectifiers (He et al. 2015). */
export const fanInNormal =
  (seed: Key, path: string, fanIn: number, gain: number): Fill =>
  (value) => {
    const key = branch(branch(seed, "initial"), path);
    const deviation = Math.sqrt(gain / fanIn);
    for (let i = 0; i < value.length; i++) value[i] = deviation * normal(key, i);
  };

/**
 * First values that are all `x`.
 *
 * @example
 * const value = new Float32Array(2);
 * constant(0.5)(value);
 * value; // [0.5, 0.5]
 */
export const constant =
  (x: number): Fill =>
  (value) => {
    value.fill(x);
  };
