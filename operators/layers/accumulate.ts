/** @file Products in narrow accumulators, as a hook behind the products of convolutions and dense layers. */
import { type Accumulator, narrowed } from "../../core/accumulator.ts";
import { problem } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import { isInteger } from "../../core/product.ts";
import { makesIntegers } from "../../quantizers/quantizer.ts";
import { type Hook, hookPoint } from "../module/hooks.ts";
import type { Scope } from "../module/module.ts";
import { type Refusal, refusing } from "../sites/checkSite.ts";
import type { Context } from "../step/context.ts";
import { type Task, wait } from "../step/task.ts";

/** Takes each product of a layer, forward and backward, before anything else is made of it; the path of the scope is the layer's. */
export type ProductHook = (product: Expr, ctx: Context, layer: Pick<Scope, "engine" | "path">) => Task<Expr>;

/** Hooks behind the products of every convolution and dense layer. */
export const behindProducts = hookPoint<ProductHook>();

/** Takes integer sums into an accumulator, and says how many did not fit. Costs a pass over the sums, which then reach memory. */
const accumulate = (accumulator: Accumulator): ProductHook =>
  function* (y, { step, training, emit }, { engine, path }) {
    if (y.source._tag !== "Product" || !isInteger(y.source.product)) return y;
    const { product } = y.source;
    if (product._tag !== "Forward" && !accumulator.backward) return y;
    const { sums, overflows } = narrowed(accumulator, yield* wait(engine.accumulate(product)));
    const counts = { product: product._tag, overflows, sums: sums.size };
    if (training) emit({ _tag: "Overflow", site: path, step, ...counts });
    return { ...y, source: { _tag: "Sums", sums } };
  };

/** A register of integers takes no sums of float32: such a layer would be exact where a run says that it is not. */
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
 * Keeps the sums of integer products in a narrow register, which wraps or saturates; each layer says with `Overflow` signals how many sums
 * did not fit. Products of float32 stay as they are, and quantizers that make them are refused where they would be summed.
 *
 * @example
 * const hooks = narrowAccumulator({ bits: 16, overflow: "wrap", backward: false });
 * scopeFor({ engine: reference(), shape: [28, 28, 1], hooks });
 */
export const narrowAccumulator = (accumulator: Accumulator): readonly Hook[] => [
  behindProducts.hook(accumulate(accumulator)),
  refusing.hook(integersOnly(accumulator)),
];
