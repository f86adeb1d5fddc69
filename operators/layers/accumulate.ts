/** @file Narrow accumulators: a hook on the products of convolutions, dense layers and matrix products. */
import { type Accumulator, narrowed } from "../../core/accumulator.ts";
import { problem } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import { type ConvProduct, isBackward, isInteger, type Product } from "../../core/product.ts";
import { makesIntegers } from "../../quantizers/quantizer.ts";
import { type Hook, hookPoint } from "../module/hooks.ts";
import type { Scope } from "../module/module.ts";
import { type Refusal, refusing } from "../sites/checkSite.ts";
import type { Context } from "../step/context.ts";
import { type Task, wait } from "../step/task.ts";

/**
 * Receives each product of a layer, forward and backward, before anything else uses it. The path of the scope is that
 * of the layer.
 */
export type ProductHook = (product: Expr, ctx: Context, layer: Pick<Scope, "engine" | "path">) => Task<Expr>;

/** Hooks on the products of every convolution, dense layer and matrix product. */
export const behindProducts = hookPoint<ProductHook>();

/** What a product is told as: the second operand of a matrix product stands where others have weights. */
const toldAs = (product: Product): ConvProduct["_tag"] => {
  if (product._tag !== "MatMul") return product._tag;
  if (!product.isBackward) return "Forward";
  return product.transposed === "a" ? "BackwardWeight" : "BackwardInput";
};

/**
 * Moves integer sums into an accumulator and counts those that overflow. Costs one pass over the sums, which must then
 * be stored in memory.
 */
const accumulate = (accumulator: Accumulator): ProductHook =>
  function* (y, { step, training, emit }, { engine, path }) {
    if (y.source._tag !== "Product" || !isInteger(y.source.product)) return y;
    const { product } = y.source;
    if (isBackward(product) && !accumulator.backward) return y;
    const { sums, overflows } = narrowed(accumulator, yield* wait(engine.accumulate(product)));
    const counts = { product: toldAs(product), overflows, sums: sums.size };
    if (training) emit({ _tag: "Overflow", site: path, step, ...counts });
    return { ...y, source: { _tag: "Sums", sums } };
  };

/**
 * Float32 sums do not go through an integer register. A layer that produces them would be exact although the run claims
 * a narrow accumulator, so it is refused.
 */
const integersOnly =
  ({ bits, backward }: Accumulator): Refusal =>
  (path, role, quantizer) => {
    const special = quantizer.learned ?? quantizer.transform ?? quantizer.projection;
    const isSummed = role !== "gradient" || backward;
    return isSummed && special && quantizer.bits !== 32 && !makesIntegers(quantizer)
      ? problem(
          path,
          `the quantizer ${special.name} with an accumulator of ${bits} bits`,
          "a quantizer whose products are integers, because an accumulator sums only those",
          "use the quantizer uniform there, give the site 32 bits with --bits-at, or leave out --accumulator",
        )
      : undefined;
  };

/**
 * Keeps the sums of integer products in a narrow register, which wraps or saturates on overflow. Each layer reports the
 * number of sums that overflowed in an `Overflow` signal. Products computed in float32 are left as they are; the
 * network refuses to be built if a quantizer makes such products where sums would be accumulated.
 *
 * @example
 * const hooks = narrowAccumulator({ bits: 16, overflow: "wrap", backward: false });
 * scopeFor({ engine: reference(), shape: [28, 28, 1], hooks });
 */
export const narrowAccumulator = (accumulator: Accumulator): readonly Hook[] => [
  behindProducts.hook(accumulate(accumulator)),
  refusing.hook(integersOnly(accumulator)),
];
