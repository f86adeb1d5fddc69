import { problem } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
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

/** Writes x[from .. from + count] less the largest of them to `exponents` from `at` on. */
const writeExponents = (
  x: Float32Array,
  from: number,
  count: number,
  exponents: Float64Array,
  at: number,
): void => {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) largest = Math.max(largest, x[from + i]!);
  for (let i = 0; i < count; i++) exponents[at + i] = x[from + i]! - largest;
};

/** Writes the powers from `at` on, divided by their sum, to y[from .. from + count], in float64, rounded once. */
const writeShares = (
  powers: Float64Array,
  at: number,
  y: Float32Array,
  from: number,
  count: number,
): void => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += powers[at + i]!;
  for (let i = 0; i < count; i++) y[from + i] = powers[at + i]! / sum;
};

/** Numbers whose powers of e are computed together, in whole groups. */
const atOnce = 1024;

/** Writes y * (dy - sum of dy * y) to dx. */
const pulledBack = (
  y: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  from: number,
  count: number,
): void => {
  const end = from + count;
  let along = 0;
  for (let i = from; i < end; i++) along += dy[i]! * y[i]!;
  for (let i = from; i < end; i++) dx[i] = y[i]! * (dy[i]! - along);
};

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
    const together = Math.max(1, Math.floor(atOnce / each));
    const room = new Float64Array(together * each);
    const ofLength = scratch();
    /** Channels of a group that take part: the first ones, if it is causal. */
    const countOf = (group: number): number => (causal ? (Math.floor(group / groups) % positions) + 1 : each);
    return {
      kind: "softmax",
      options: { groups, causal },
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const values = ofLength(x.length);
        if (causal) values.fill(0);
        const all = x.length / each;
        for (let first = 0; first < all; first += together) {
          const end = Math.min(first + together, all);
          let at = 0;
          for (let g = first; g < end; at += countOf(g), g++)
            writeExponents(x, g * each, countOf(g), room, at);
          ctx.exp(room.subarray(0, at));
          at = 0;
          for (let g = first; g < end; at += countOf(g), g++)
            writeShares(room, at, values, g * each, countOf(g));
        }
        const y = ctx.upload(values, input.shape);
        return { y: ofTensor(y), save: y };
      },
      backward: function* (gradient, saved, ctx) {
        const y = elements(yield* ctx.read(saved));
        const dy = elements(yield* ctx.read(gradient));
        const dx = ofLength(y.length);
        if (causal) dx.fill(0);
        for (let g = 0; g < y.length / each; g++) pulledBack(y, dy, dx, g * each, countOf(g));
        return { dx: ofTensor(ctx.upload(dx, gradient.shape)) };
      },
    };
  });
