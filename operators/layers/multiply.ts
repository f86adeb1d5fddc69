/** @file Products of a layer in real units, computed in integers if both operands are, and then seen by the hooks of methods. */
import { type Expr, ofCodes, ofProduct, staged } from "../../core/expr.ts";
import type { Operand, Product } from "../../core/product.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import { resultOf, type Task, type Wait } from "../step/task.ts";
import { behindProducts } from "./accumulate.ts";
import { inBlocks } from "./inBlocks.ts";

/** The operand as a float32 tensor in memory. */
function* dequantized(ctx: Context, x: Operand): Task<Operand> {
  return x._tag === "Dense" ? x : { _tag: "Dense", x: yield* ctx.store(ofCodes(x.q)) };
}

function* multiplyFloats(
  ctx: Context,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Task<Expr> {
  const ofFloats = product(yield* dequantized(ctx, a), yield* dequantized(ctx, b));
  return ofProduct(inBlocks(ofFloats) ?? ofFloats);
}

/**
 * The product of two operands in real units: exact integer sums times both scales if both are codes, integer sums of blocks if both have
 * them along the axis that it adds along, otherwise float32 sums of the dequantized operands.
 *
 * @param a has one scale for the whole tensor, if it is quantized
 * @param product makes the product of two operands, in the order of the fields of `Product`
 */
const multiply = (
  ctx: Context,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Task<Expr> | Expr => {
  if (a._tag !== "Codes" || b._tag !== "Codes") return multiplyFloats(ctx, a, b, product);
  const one = a.q.params.scale[0] as number;
  const scale = b.q.params.scale.map((other) => one * other);
  return staged({ _tag: "Affine", scale })(ofProduct(product(a, b)));
};

/** Multiplies two operands; makes their product from them, in the order of its fields. */
export type Multiply = (
  ctx: Context,
  a: Operand,
  b: Operand,
  of: (a: Operand, b: Operand) => Product,
) => Wait<Expr>;

/** The multiplication of a layer, with the hooks of its scope behind every product. */
export const multiplyIn = (scope: Scope): Multiply => {
  const hooks = behindProducts.hooksIn(scope);
  function* hooked(multiplied: Task<Expr> | Expr, ctx: Context): Task<Expr> {
    let y = yield* resultOf(multiplied);
    for (const hook of hooks) y = yield* hook(y, ctx, scope);
    return y;
  }
  return (ctx, a, b, of) => {
    const multiplied = multiply(ctx, a, b, of);
    return hooks.length === 0 ? resultOf(multiplied) : hooked(multiplied, ctx);
  };
};
