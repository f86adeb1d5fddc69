import { problem } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
import { softmaxInFloat64 } from "../../core/inFloat64/softmax.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { elements } from "../../core/tensor.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { scratch } from "./scratch.ts";

/** Options of `softmax`. */
export interface SoftmaxOptions {
  /** Number of groups of neighbouring channels with a softmax each, e.g. of heads; it divides the channels. Default: 1. */
  readonly groups?: number;
  /**
   * Whether position p takes only the first p + 1 channels of a group, and gives all others 0, as `is_causal` of PyTorch's attention. A
   * group then has as many channels as there are positions. Default: false.
   */
  readonly causal?: boolean;
}

/**
 * Softmax over the channels of each position, as `torch.softmax(x, dim=-1)`.
 *
 *     x [N, H, W, C] -> y [N, H, W, C],   y[i] = exp(x[i]) / sum over the channels j of its group of exp(x[j])
 *
 * The largest channel is subtracted first. Computed on the host in float64, rounded once to float32.
 *
 * @returns a module that refuses to be built unless the groups divide the channels, and if it is causal, have one for each position
 * @example
 * build(softmax({ groups: 2 }), scopeFor({ engine: reference(), shape: [7, 7, 98] })).shape; // [7, 7, 98]
 */
export const softmax = (options: SoftmaxOptions = {}): Module =>
  layer("", ({ path, shape }) => {
    const where = path === "" ? "softmax" : path;
    const { groups = 1, causal = false } = knownOptions(where, options, { groups: true, causal: true });
    const [height, width, channels] = shape as readonly [number, number, number];
    if (!isPositiveInteger(groups) || channels % groups !== 0)
      return problem(where, `${groups} groups of ${channels} channels`, "a number that divides the channels");
    const each = channels / groups;
    const positions = height * width;
    if (causal && each !== positions)
      return problem(
        where,
        `causal, with ${each} channels for ${positions} positions`,
        "a channel for each position",
      );
    const { write, pullBack } = softmaxInFloat64({ groups, causal, channels, positions });
    const ofLength = scratch();
    return {
      kind: "softmax",
      options: { groups, causal },
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const values = ofLength(x.length);
        write(x, values, (powers) => ctx.exp(powers));
        const y = ctx.upload(values, input.shape);
        return { y: ofTensor(y), save: y };
      },
      backward: function* (gradient, saved, ctx) {
        const y = elements(yield* ctx.read(saved));
        const dy = elements(yield* ctx.read(gradient));
        const dx = ofLength(y.length);
        pullBack(y, dy, dx);
        return { dx: ofTensor(ctx.upload(dx, gradient.shape)) };
      },
    };
  });
