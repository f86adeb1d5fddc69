/**
 * @file Expressions: descriptions of what a step computes, made before anything is computed.
 *
 * A layer does not compute its output; it describes how to. Such an `Expr` is a source (a tensor, codes, or a product
 * such as a convolution) followed by element-wise stages. Code that needs its values adds sinks (`pass.ts`) and passes
 * both to an engine. A batch normalization, a rectifier and a quantizer are fused because they were composed; layers do
 * not know each other.
 *
 * Fusion never changes the bits: each stage rounds to float32 exactly where its formula says, whether the stages run
 * one after another over whole tensors (`engines/reference`) or together over a few elements at a time
 * (`engines/simd`).
 */
import type { Operand, Product, Sums } from "./product.ts";
import type { Window } from "./shape.ts";
import { type Codes, type QTensor, type Shape, sizeOf, type Tensor } from "./tensor.ts";

/**
 * Source of the elements of a pass.
 *
 * - `Dense`: float32 elements.
 * - `Codes`: scale * (code - zeroPoint), rounded once.
 * - `Product`: its sums, each exact sum rounded once to float32. `Sums`: the same, already computed.
 * - `Pool`: maximum of each window (`max`; of equal elements the first, and padding never wins), or mean (`average`:
 *   sum in runs, `runs.ts`, of all elements that are not padding, rounded once, times 1 / area in float32). `Unpool`:
 *   its pullback, which gives dy to the maximum or to all elements, overlapping windows added in order.
 * - `Subsample`: every `stride`-th row and column, with `before` zero channels in front. `Supersample`: its pullback.
 */
export type Source =
  | Operand
  | { readonly _tag: "Product"; readonly product: Product }
  | { readonly _tag: "Sums"; readonly sums: Sums }
  | { readonly _tag: "Pool"; readonly kind: PoolKind; readonly window: Window; readonly x: Tensor }
  | {
      readonly _tag: "Unpool";
      readonly kind: PoolKind;
      readonly window: Window;
      readonly x: Tensor;
      readonly dy: Tensor;
    }
  | { readonly _tag: "Subsample"; readonly x: Tensor; readonly stride: number; readonly before: number }
  | { readonly _tag: "Supersample"; readonly dy: Tensor; readonly stride: number; readonly before: number };

/** Reduction of a pooling window. */
export type PoolKind = "max" | "average";

/**
 * One element-wise operation on x in float32, with a rounding after each step. Vectors have one entry for the whole
 * tensor, or one per channel (the innermost side).
 *
 * - `Affine`: x * scale, then + shift; either may be absent.
 * - `Clip`: min(max(x, lo), hi); NaN stays NaN.
 * - `Add`: x + other.
 * - `Gate`: x where lo < other < hi, else 0. The pullback of `Clip`.
 * - `Mask`: x where the byte of `gradientMask` is 1, 0 where it is 0. The straight-through pullback of a quantizer.
 * - `Normalize`: (x - mean) * scale, then + shift. Subtracting a large mean first is exact, where x * scale would not
 *   be.
 * - `Combine`: x * scale + ((other - mean) * slope + shift). The pullback of a normalization.
 * - `Keep`: x unchanged. The first pass through it also stores x in the slot, and later passes start there.
 *   One that is *aside* stores x for a measurement alone, which is no part of what a site moves.
 * - `Release`: x unchanged. Once a pass has computed it, the released tensors are no longer needed and their memory is
 *   reused; so x itself can be computed only once, unless it is kept.
 */
export type Stage =
  | { readonly _tag: "Affine"; readonly scale?: Float32Array; readonly shift?: Float32Array }
  | { readonly _tag: "Clip"; readonly lo: number; readonly hi: number }
  | { readonly _tag: "Add"; readonly other: Expr }
  | { readonly _tag: "Gate"; readonly other: Expr; readonly lo: number; readonly hi: number }
  | { readonly _tag: "Mask"; readonly gradientMask: Codes }
  | {
      readonly _tag: "Normalize";
      readonly mean: Float32Array;
      readonly scale: Float32Array;
      readonly shift: Float32Array;
    }
  | {
      readonly _tag: "Combine";
      readonly other: Expr;
      readonly scale: Float32Array;
      readonly mean: Float32Array;
      readonly slope: Float32Array;
      readonly shift: Float32Array;
    }
  | { readonly _tag: "Keep"; readonly slot: Slot; readonly isAside?: true }
  | { readonly _tag: "Release"; readonly released: readonly Intermediate[] };

/** Memory that a step has taken: a tensor, codes, or the future content of a `Keep` slot. */
export type Intermediate = Tensor | Codes | Slot;

/** Place where a `Keep` stores a tensor. An engine fills it once; it is valid until the next `beginStep`. */
export interface Slot {
  tensor?: Tensor;
}

/** Description of a tensor, which may not be computed yet: its shape, a source, and the stages on it. */
export interface Expr {
  /** Shape of the result; channels are the innermost side. */
  readonly shape: Shape;
  /** Where the elements come from. */
  readonly source: Source;
  /** Element-wise operations on them, in order. */
  readonly stages: readonly Stage[];
}

/**
 * The expression of an existing tensor.
 *
 * @example
 * ofTensor(tensor(Float32Array.of(1, 2), [1, 1, 1, 2])).shape; // [1, 1, 1, 2]
 */
export const ofTensor = (x: Tensor): Expr => ({ shape: x.shape, source: { _tag: "Dense", x }, stages: [] });

/** The expression of dequantized codes: scale * (code - zeroPoint). */
export const ofCodes = (q: QTensor): Expr => ({
  shape: q.codes.shape,
  source: { _tag: "Codes", q },
  stages: [],
});

/** The expression of the sums of a product. */
export const ofProduct = (product: Product): Expr => ({
  shape: product.shape,
  source: { _tag: "Product", product },
  stages: [],
});

/**
 * Appends element-wise stages to an expression. Nothing is computed.
 *
 * @example
 * const x = ofTensor(tensor(Float32Array.of(1, 2), [1, 1, 1, 2]));
 * staged({ _tag: "Affine", scale: Float32Array.of(2) })(x).stages.length; // 1
 */
export const staged =
  (...stages: readonly Stage[]) =>
  ({ shape, source, stages: before }: Expr): Expr => ({ shape, source, stages: before.concat(stages) });

/** The same expression, starting from the last `Keep` that is already filled, so that nothing is computed twice. */
export const resumed = (x: Expr): Expr => {
  const { shape, stages } = x;
  for (let i = stages.length - 1; i >= 0; i--) {
    const stage = stages[i] as Stage;
    if (stage._tag === "Keep" && stage.slot.tensor)
      return { shape, source: { _tag: "Dense", x: stage.slot.tensor }, stages: stages.slice(i + 1) };
  }
  return x;
};

/** The tensor of an expression that needs no computing; `undefined` otherwise. */
export const settled = (x: Expr): Tensor | undefined => {
  const { source, stages } = resumed(x);
  return source._tag === "Dense" && stages.every(({ _tag }) => _tag === "Release") ? source.x : undefined;
};

/** Tensors that are no longer needed once the given expressions have been computed. Must be called before. */
export const releasedBy = (...tensors: readonly Expr[]): Intermediate[] => {
  const released: Intermediate[] = [];
  const add = (x: Expr): void => {
    for (const stage of resumed(x).stages)
      if ("other" in stage) add(stage.other);
      else if (stage._tag === "Release") released.push(...stage.released);
  };
  tensors.forEach(add);
  return released;
};

/** The tensor or codes that hold the memory; `undefined` if they do not exist yet. */
export const tensorOf = (memory: Intermediate): Tensor | Codes | undefined =>
  "dtype" in memory ? memory : memory.tensor;

/** Number of elements of an expression. */
export const countOf = ({ shape }: Expr): number => sizeOf(shape);

/**
 * Number of channels of an expression: its innermost side.
 *
 * @example
 * channelsOf(ofTensor(tensor(new Float32Array(6), [1, 1, 2, 3]))); // 3
 */
export const channelsOf = ({ shape }: Expr): number => shape[shape.length - 1] ?? 1;
