import { ofTensor } from "../../core/expr.ts";
import { square } from "../../core/square.ts";
import { elements, sizeOf } from "../../core/tensor.ts";
import { fanInNormal } from "../module/initialize.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { scratch } from "./scratch.ts";

/** Standard deviation of initial embeddings, as in Dosovitskiy et al. 2021. */
const deviation = 0.02;

/**
 * A learned vector for each position, added to every sample; `x + nn.Parameter(torch.randn(1, H, W, C) * 0.02)`.
 *
 *     x [N, H, W, C], e [H, W, C] -> y [N, H, W, C],   y[n] = x[n] + e
 *
 * `${name}/embedding` starts normal with deviation 0.02, is trained, and is exempt from weight decay by default. It runs on the host; its
 * gradient is added over samples in float64.
 *
 * @example
 * build(positionEmbedding("positions"), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [7, 7, 64]
 */
export const positionEmbedding = (name: string): Module =>
  layer(name, ({ path, shape, seed, parameter }) => {
    const fill = fanInNormal(seed, `${path}/embedding`, 1, square(deviation));
    const embedding = parameter("embedding", "bias", shape, fill);
    const size = sizeOf(shape);
    const ofLength = scratch();
    return {
      kind: "positionEmbedding",
      options: {},
      forward: function* (input, ctx) {
        const x = elements(yield* ctx.read(input));
        const e = elements(embedding.value);
        const y = ofLength(x.length);
        for (let i = 0; i < y.length; ) for (let j = 0; j < size; j++, i++) y[i] = x[i]! + e[j]!;
        return { y: ofTensor(ctx.upload(y, input.shape)), save: undefined };
      },
      backward: function* (gradient, _, ctx) {
        const dx = ctx.save(gradient);
        const dy = elements(yield* ctx.read(dx));
        const sums = new Float64Array(size);
        for (let i = 0; i < dy.length; ) for (let j = 0; j < size; j++, i++) sums[j]! += dy[i]!;
        const summed = ofTensor(ctx.upload(Float32Array.from(sums), shape));
        return { dx, gradients: new Map([[embedding, summed]]) };
      },
    };
  });
