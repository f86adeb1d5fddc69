/** @file Products in narrow accumulators, where a run asks for them. */
import { narrowed } from "../../core/accumulator.ts";
import type { Expr } from "../../core/expr.ts";
import { isInteger } from "../../core/product.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/op.ts";
import { type Task, wait } from "../step/task.ts";

export type Accumulate = (product: Expr, ctx: Context) => Task<Expr>;

/**
 * Takes the integer sums of a product into the accumulator of the scope, and says how many did not fit. Without one, and where a
 * product is float32, the product stays as it is. Costs a pass over the sums, which then reach memory.
 *
 * @param site of the layer, for its `Overflow` signals
 */
export const accumulateIn = ({ engine, accumulator }: Scope, site: string): Accumulate =>
  function* (y, { step, training, emit }) {
    if (accumulator === undefined || y.source._tag !== "Product" || !isInteger(y.source.product)) return y;
    const { product } = y.source;
    if (product._tag !== "Forward" && !accumulator.backward) return y;
    const { sums, overflows } = narrowed(accumulator, yield* wait(engine.accumulate(product)));
    const counts = { product: product._tag, overflows, sums: sums.size };
    if (training) emit({ _tag: "Overflow", site, step, ...counts });
    return { ...y, source: { _tag: "Sums", sums } };
  };
