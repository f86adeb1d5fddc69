/** @file Products of lazy tensors: integers where both sides are codes, float32 where one is not. */
import { concatMap, map, type Observable, of } from "rxjs";
import type { Engine } from "../core/engine.ts";
import { type Lazy, type Operand, ofProduct, ofTensor, type Product, staged } from "../core/pass.ts";
import { settle } from "./kept.ts";

/** The codes of a tensor, if it is nothing but codes. */
const codesOf = ({ source, stages }: Lazy): Operand | undefined =>
  source._tag === "Codes" && stages.length === 0 ? source : undefined;

/** The tensor as something that can be multiplied: codes as they are, everything else as float32 in memory. */
export const operand = (engine: Engine, x: Lazy): Observable<Operand> => {
  const codes = codesOf(x);
  return codes ? of(codes) : settle(engine, x).pipe(map((tensor) => ({ _tag: "Dense", x: tensor })));
};

const dense = (engine: Engine, x: Operand): Observable<Operand> =>
  x._tag === "Dense" ? of(x) : operand(engine, settleable(x));

/** Codes with a stage that changes nothing, so that they are no longer multiplied as codes. */
const settleable = (x: Operand): Lazy =>
  x._tag === "Dense" ? ofTensor(x.x) : { shape: x.q.codes.shape, source: x, stages: [{ _tag: "Affine" }] };

const scalesOf = (x: Operand): Float32Array => (x._tag === "Codes" ? x.q.params.scale : Float32Array.of(1));

/**
 * The product of two operands in real units: exact integer sums times both scales, or float32 sums. Operands of two kinds
 * are both multiplied as float32.
 *
 * @param product makes the product of its two sides, in the order of `Product`'s fields
 */
export const convolve = (
  engine: Engine,
  a: Operand,
  b: Operand,
  product: (a: Operand, b: Operand) => Product,
): Observable<Lazy> => {
  if (a._tag === "Codes" && b._tag === "Codes") {
    const [one] = scalesOf(a) as unknown as [number];
    const scale = scalesOf(b).map((other) => one * other);
    return of(staged({ _tag: "Affine", scale })(ofProduct(product(a, b))));
  }
  return dense(engine, a).pipe(
    concatMap((left) => dense(engine, b).pipe(map((right) => ofProduct(product(left, right))))),
  );
};
