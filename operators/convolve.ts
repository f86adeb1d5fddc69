/** @file Products of lazy tensors: integers where both sides are codes, float32 where one is not. */
import { concatMap, map, type Observable, of } from "rxjs";
import type { Engine } from "../core/engine.ts";
import { type Lazy, type Operand, ofCodes, ofProduct, type Product, staged } from "../core/pass.ts";
import { settle } from "./kept.ts";

const dense = (engine: Engine, x: Lazy): Observable<Operand> =>
  settle(engine, x).pipe(map((tensor) => ({ _tag: "Dense", x: tensor })));

/** The tensor as something that can be multiplied: codes as they are, everything else as float32 in memory. */
export const operand = (engine: Engine, x: Lazy): Observable<Operand> =>
  x.source._tag === "Codes" && x.stages.length === 0 ? of(x.source) : dense(engine, x);

/** The operand in float32. */
const dequantized = (engine: Engine, x: Operand): Observable<Operand> =>
  x._tag === "Dense" ? of(x) : dense(engine, ofCodes(x.q));

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
): Observable<Lazy> => {
  if (a._tag === "Codes" && b._tag === "Codes") {
    const one = a.q.params.scale[0] as number;
    const scale = b.q.params.scale.map((other) => one * other);
    return of(staged({ _tag: "Affine", scale })(ofProduct(product(a, b))));
  }
  return dequantized(engine, a).pipe(
    concatMap((left) => dequantized(engine, b).pipe(map((right) => ofProduct(product(left, right))))),
  );
};
