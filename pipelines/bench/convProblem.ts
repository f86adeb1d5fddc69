/** @file One convolution with operands on an engine, and its three products as the passes of a training step. */

import type { Engine } from "../../core/engine.ts";
import { internal } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { type Expr, ofProduct, staged } from "../../core/expr.ts";
import type { Operand, Product } from "../../core/product.ts";
import { type ConvShape, weightShape } from "../../core/shape.ts";
import type { QTensor, Shape, Tensor } from "../../core/tensor.ts";
import { filled, gridOver, keptCodes, ran, usualRange, type Work } from "./operands.ts";

export const productNames = ["forward", "backward-input", "backward-weight"] as const;
export type ProductName = (typeof productNames)[number];

export type Side = "x" | "w" | "dy";

/** A convolution over an image of some size. */
export interface ConvSizes {
  readonly conv: ConvShape;
  readonly input: Shape;
  readonly output: Shape;
}

export interface ConvProblem {
  readonly sizes: ConvSizes;
  readonly floats: Readonly<Record<Side, Tensor>>;
  /** The same numbers on grids of a bit width. */
  readonly integers: (bits: number) => Readonly<Record<Side, QTensor>>;
}

/** Operands of a convolution, equal on every engine. */
export const convProblem = (engine: Engine, sizes: ConvSizes): ConvProblem => {
  const { conv, input, output } = sizes;
  const floats = {
    x: filled(engine, input, "x"),
    w: filled(engine, weightShape(conv), "w"),
    dy: filled(engine, output, "dy"),
  };
  const onGrid = (side: Side, bits: number): QTensor =>
    keptCodes(engine, floats[side], gridOver(usualRange, bits, side === "w" ? "symmetric" : "affine"));
  const known = new Map<number, Readonly<Record<Side, QTensor>>>();
  const integers = (bits: number): Readonly<Record<Side, QTensor>> => {
    const made = known.get(bits) ?? { x: onGrid("x", bits), w: onGrid("w", bits), dy: onGrid("dy", bits) };
    known.set(bits, made);
    return made;
  };
  return { sizes, floats, integers };
};

/** One product of a convolution. */
export const productOf = (
  { conv, input, output }: ConvSizes,
  name: ProductName,
  of: (side: Side) => Operand,
): Product => {
  switch (name) {
    case "forward":
      return { _tag: "Forward", conv, shape: output, x: of("x"), w: of("w") };
    case "backward-input":
      return { _tag: "BackwardInput", conv, shape: input, dy: of("dy"), w: of("w") };
    case "backward-weight":
      return { _tag: "BackwardWeight", conv, shape: weightShape(conv), dy: of("dy"), x: of("x") };
  }
};

/** A product of float32 numbers, stored in float32. */
const floatWork = ({ sizes, floats }: ConvProblem, name: ProductName): Work => ({
  expr: ofProduct(productOf(sizes, name, (side) => ({ _tag: "Dense", x: floats[side] }))),
  sinks: { store: true },
});

const factors: Readonly<Record<ProductName, readonly [Side, Side]>> = {
  forward: ["x", "w"],
  "backward-input": ["dy", "w"],
  "backward-weight": ["dy", "x"],
};

/** A product of integers in real units, before anything is stored. */
const scaledProduct = ({ sizes, integers }: ConvProblem, name: ProductName, bits: number): Expr => {
  const sides = integers(bits);
  const [a, b] = factors[name].map((side) => sides[side].params.scale[0] as number) as [number, number];
  const product = productOf(sizes, name, (side) => ({ _tag: "Codes", q: sides[side] }));
  return staged({ _tag: "Affine", scale: Float32Array.of(a * b) })(ofProduct(product));
};

/**
 * A product of integers of a bit width. The result is quantized again in the same pass, on a grid that covers it; the gradient of the
 * weights is stored in float32, as the optimizer expects.
 */
const integerWork = (engine: Engine, problem: ConvProblem, name: ProductName, bits: number): Work => {
  const expr = scaledProduct(problem, name, bits);
  if (name === "backward-weight") return { expr, sinks: { store: true } };
  const range = expectSync(ran(engine, { expr, sinks: { observe: true } }).range);
  if (range === undefined) throw internal("a pass without its range");
  return { expr, sinks: { quantize: { params: gridOver({ lo: range.min, hi: range.max }, bits) } } };
};

/** A product of integers of a bit width, or of float32 numbers for 32. */
export const workOf = (engine: Engine, problem: ConvProblem, name: ProductName, bits: number): Work =>
  bits === 32 ? floatWork(problem, name) : integerWork(engine, problem, name, bits);
