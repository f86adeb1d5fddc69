/** @file Initial values of parameters, drawn from the seed and the parameter's path only. */
import { branch, type Key, normal } from "../../core/random.ts";

/** Fills a new parameter with its initial values. */
export type Fill = (value: Float32Array) => void;

/**
 * Normal initial weights with mean 0 and variance gain / fanIn. Gain 2 preserves the scale of activations through ReLU (He et al.
 * 2015).
 */
export const fanInNormal =
  (seed: Key, path: string, fanIn: number, gain: number): Fill =>
  (value) => {
    const key = branch(branch(seed, "initial"), path);
    const deviation = Math.sqrt(gain / fanIn);
    for (let i = 0; i < value.length; i++) value[i] = deviation * normal(key, i);
  };

/**
 * Constant initial values.
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
