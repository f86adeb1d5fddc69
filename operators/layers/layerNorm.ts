import { checkBounds, notNegative } from "../../core/bounds.ts";
import { problem } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { setNormalization } from "./setNormalization.ts";

/** Options of `layerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance before the square root is taken. Default: 1e-5, as in PyTorch. */
  readonly epsilon?: number;
}

/**
 * Layer normalization over the channels of each position, the same in training and evaluation. The counterpart of `torch.nn.LayerNorm(C)`,
 * which also normalizes the innermost side; PyTorch's images are channels first, so there a permutation comes before it.
 *
 *     x [N, H, W, C] -> y [N, H, W, C],   y = (x - mean) / sqrt(variance + epsilon) * scale + shift
 *
 * `${name}/scale` [C] starts at 1 and `${name}/shift` [C] at 0. Both are trained, and are exempt from weight decay by default. It runs on the
 * host.
 *
 * @returns a module that refuses to be built for a single channel, which would become 0
 * @see Ba, Kiros and Hinton 2016, arXiv:1607.06450
 * @example
 * build(layerNorm("norm1"), scopeFor({ engine: reference(), shape: [7, 7, 96] })).shape; // [7, 7, 96]
 */
export const layerNorm = (name: string, options: LayerNormOptions = {}): Module =>
  layer(name, (scope) => {
    const { path, shape } = scope;
    const { epsilon = 1e-5 } = knownOptions(path, options, { epsilon: true });
    checkBounds(path, { epsilon }, { epsilon: notNegative });
    const [height, width, channels] = shape as readonly [number, number, number];
    if (channels === 1) return problem(path, "images of one channel", "several channels to take the mean of");
    const sets = { count: height * width, run: channels, of: (position: number) => position };
    return setNormalization("layerNorm", scope, sets, epsilon, { epsilon });
  });
