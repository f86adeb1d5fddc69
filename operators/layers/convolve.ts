/** @file Products of expressions: integers where both sides are codes, float32 where one is not. */
import type { Engine } from "../../core/engine.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { type Expr, type Made, ofCodes, ofProduct, releasedBy, settled, staged } from "../../core/expr.ts";
import type { Operand, Product } from "../../core/product.ts";
import { settle } from "../module/kept.ts";
import { isOwn } from "../module/releasing.ts";

const dense = (engine: Engine, x: Expr): Eventual<Operand> =>
  after(settle(engine, x), (tensor): Operand => ({ _tag: "Dense", x: tensor }));

/** A tensor as something that can be multiplied, and what to release once it has been. */
export interface Multiplicand {
  readonly operand: Operand;
  readonly made: readonly Made[];
}

/** Codes as they are, everything else as float32 in memory. */
export const multiplicand = (engine: Engine, x: Expr): Eventual<Multiplicand> => {
  const { source, stages } = x;
  if (source._tag === "Codes" && stages.every(({ _tag }) => _tag === "Release"))
    return { operand: source, made: releasedBy(x) };
  const there = settled(x);
  if (there) return { operand: { _tag: "Dense", x: there }, made: releasedBy(x) };
  const isNew = isOwn(x);
  return after(settle(engine, x), (tensor) => ({
    operand: { _tag: "Dense", x: tensor },
    made: isNew ? [tensor] : [],
  }));
};

/** The operand in float32. */
const dequantized = (engine: Engine, x: Operand): Eventual<Operand> =>
  x._tag === "Dense" ? x : dense(engine, ofCodes(x.q));

/**
 * The product of two operands in real units: exact integer sums times both scales, or float32 sums. Operands of two kinds
 * are both multiplied as float32.
 *
 * @param a has one scale for the whole tensor, if it is quantized
 * @param product makes the product of its two sides, in the order of `Product`'s fields
 */
export const convolve = (
  engine: Engine,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Eventual<Expr> => {
  if (a._tag === "Codes" && b._tag === "Codes") {
    const one = a.q.params.scale[0] as number;
    const scale = b.q.params.scale.map((other) => one * other);
    return staged({ _tag: "Affine", scale })(ofProduct(product(a, b)));
  }
  return after(dequantized(engine, a), (left) =>
    after(dequantized(engine, b), (right) => ofProduct(product(left, right))),
  );
};
