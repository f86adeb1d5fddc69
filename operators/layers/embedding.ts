import { checkBounds, notNegative } from "../../core/bounds.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { ofTensor } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { square } from "../../core/square.ts";
import { elements } from "../../core/tensor.ts";
import { fanInNormal } from "../module/initialize.ts";
import type { Module } from "../module/module.ts";
import { layer } from "../step/op.ts";
import { scratch } from "./scratch.ts";

/** Options of `embedding`. */
export interface EmbeddingOptions {
  /** Number of rows of the table: PyTorch's `num_embeddings`. */
  readonly entries: number;
  /** Number of output channels: PyTorch's `embedding_dim`. */
  readonly features: number;
  /** Standard deviation of the initial rows. Default: 1, as in PyTorch. */
  readonly deviation?: number;
}

/**
 * A table of learned vectors, looked up by index; the counterpart of `torch.nn.Embedding`.
 *
 *     x [N, H, W, 1], integers from 0 to entries - 1;  w [entries, 1, 1, features]  ->  y [N, H, W, features],   y[n, p] = w[x[n, p]]
 *
 * `${name}/weight` is not quantized, and runs on the host; gradients of equal indices are added in float64. It is the first layer of a
 * network: the gradient of its input is 0.
 *
 * @returns a module that refuses to be built for inputs of several channels
 * @throws `RangeflowFailure` in the step in which an input is not an index
 * @example
 * build(embedding("tokens", { entries: 65, features: 32 }), scopeFor({ engine: reference(), shape: [64, 1, 1] })).shape; // [64, 1, 32]
 */
export const embedding = (name: string, options: EmbeddingOptions): Module =>
  layer(name, ({ path, shape, seed, parameter }) => {
    const known = { entries: true, features: true, deviation: true } as const;
    const { entries, features, deviation = 1 } = knownOptions(path, options, known);
    checkBounds(path, { deviation }, { deviation: notNegative });
    const [height, width, channels] = shape as readonly [number, number, number];
    if (channels !== 1)
      return problem(path, `inputs of ${channels} channels`, "one, with the index of each position");
    if (!isPositiveInteger(entries) || !isPositiveInteger(features))
      return problem(path, `${entries} entries of ${features} features`, "positive integers");
    const fill = fanInNormal(seed, `${path}/weight`, 1, square(deviation));
    const weight = parameter("weight", "weight", [entries, 1, 1, features], fill);
    const ofLength = scratch();
    const isIndex = (index: number): boolean => Number.isInteger(index) && index >= 0 && index < entries;
    return {
      shape: [height, width, features],
      kind: "embedding",
      options: { entries, features, deviation },
      forward: function* (input, ctx) {
        const indices = Int32Array.from(elements(yield* ctx.read(input)), (index, i) => {
          if (isIndex(index)) return index;
          throw new RangeflowFailure(
            problem(
              ctx.where,
              `the input ${index} at element ${i}`,
              `an index from 0 to ${entries - 1}`,
              "give indices as a Float32Array, since bytes are normalized",
            ),
          );
        });
        const w = elements(yield* ctx.read(weight.value));
        const y = ofLength(indices.length * features);
        for (const [i, index] of indices.entries())
          y.set(w.subarray(index * features, (index + 1) * features), i * features);
        return { y: ofTensor(ctx.upload(y, [...input.shape.slice(0, 3), features])), save: indices };
      },
      backward: function* (gradient, indices, ctx) {
        const dy = elements(yield* ctx.read(gradient));
        const sums = new Float64Array(entries * features);
        for (const [i, index] of indices.entries())
          for (let c = 0; c < features; c++) sums[index * features + c]! += dy[i * features + c]!;
        const samples = gradient.shape[0] as number;
        return {
          dx: ofTensor(ctx.upload(new Float32Array(indices.length), [samples, ...shape])),
          gradients: new Map([[weight, ofTensor(ctx.upload(Float32Array.from(sums), weight.value.shape))]]),
        };
      },
    };
  });
