/** @file Products in narrow accumulators, where a run asks for them. */
import { narrowed } from "../../core/accumulator.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import { isInteger } from "../../core/product.ts";
import type { Emit } from "../../core/signal.ts";
import type { Scope } from "../module/module.ts";
import type { Moment } from "../sites/coding.ts";

export type Accumulate = (product: Expr, moment: Moment, emit: Emit) => Eventual<Expr>;

/**
 * Takes the integer sums of a product into the accumulator of the scope, and tells how many did not fit. Without one, and where a
 * product is float32, the product stays as it is. Costs a pass over the sums, which then reach memory.
 */
export const accumulateIn =
  ({ engine, accumulator }: Scope, site: string): Accumulate =>
  (y, { step, training }, emit) => {
    if (accumulator === undefined || y.source._tag !== "Product" || !isInteger(y.source.product)) return y;
    const { product } = y.source;
    if (product._tag !== "Forward" && !accumulator.backward) return y;
    return after(engine.accumulate(product), (exact) => {
      const { sums, overflows } = narrowed(accumulator, exact);
      const counts = { product: product._tag, overflows, sums: sums.size };
      if (training) emit({ _tag: "Overflow", site, step, ...counts });
      return { ...y, source: { _tag: "Sums", sums } };
    });
  };
