import { checkBounds, notNegative } from "../../core/bounds.ts";
import { problem } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { shapeText } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { setNormalization } from "./setNormalization.ts";

/** Options of `groupNorm`. */
export interface GroupNormOptions {
  /** Number of groups, PyTorch's `num_groups`, which divides the number of channels; as many as channels: instance normalization. */
  readonly groups: number;
  /** Added to the variance before the square root is taken. Default: 1e-5, as in PyTorch. */
  readonly epsilon?: number;
}

/**
 * Group normalization over H, W and a group of neighbouring channels of each sample, the same in training and evaluation, and with any batch
 * size. The counterpart of `torch.nn.GroupNorm`, and with one channel a group of `torch.nn.InstanceNorm2d(affine=True)`.
 *
 *     x [N, H, W, C] -> y [N, H, W, C],   y = (x - mean) / sqrt(variance + epsilon) * scale + shift
 *
 * `${name}/scale` [C] starts at 1 and `${name}/shift` [C] at 0. Both are trained, and are exempt from weight decay by default. It runs on the
 * host.
 *
 * @returns a module that refuses to be built unless the groups divide the channels and have more than one element
 * @see Wu and He 2018, arXiv:1803.08494
 * @example
 * build(groupNorm("norm1", { groups: 4 }), scopeFor({ engine: reference(), shape: [8, 8, 16] })).shape; // [8, 8, 16]
 */
export const groupNorm = (name: string, options: GroupNormOptions): Module =>
  layer(name, (scope) => {
    const { path, shape } = scope;
    const { groups, epsilon = 1e-5 } = knownOptions(path, options, { groups: true, epsilon: true });
    checkBounds(path, { epsilon }, { epsilon: notNegative });
    const channels = shape[2] as number;
    if (!isPositiveInteger(groups) || channels % groups !== 0)
      return problem(path, `${groups} groups of ${channels} channels`, "a number that divides the channels");
    const each = channels / groups;
    if ((shape[0] as number) * (shape[1] as number) * each === 1)
      return problem(path, `a single element in each group of ${shapeText(shape)}`, "more than one");
    const sets = { count: groups, run: each, of: (run: number) => run % groups };
    return setNormalization("groupNorm", scope, sets, epsilon, { groups, epsilon });
  });
