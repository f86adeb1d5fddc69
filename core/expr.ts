/**
 * @file Expressions: what a step computes, as values that say what is to be done before anything is done.
 *
 * A layer does not compute its output; it says how to compute it. Such an `Expr` is a source (a tensor, codes, or a product such as
 * a convolution) and the element-wise stages that follow. Whoever needs its values adds sinks (`pass.ts`) and hands both to an
 * engine. So a batch normalization, a rectifier and a quantizer fuse because they were composed, and no layer knows of another.
 *
 * Fusing is never visible in the bits: each stage rounds to float32 exactly where its formula says, whether the stages run one
 * after another over whole tensors (`engines/reference`) or together over a few elements at a time (`engines/simd`).
 */
import type { Operand, Product, Sums } from "./product.ts";
import type { Window } from "./shape.ts";
import { type Codes, type QTensor, type Shape, sizeOf, type Tensor } from "./tensor.ts";

/**
 * Source of the elements of a pass.
 *
 * - `Dense`: float32. `Codes`: scale * (code - zeroPoint), rounded once.
 * - `Product`: its sums, each exact sum rounded once to float32. `Sums`: the same, already computed.
 * - `Pool`: largest (`max`: of equal ones the first; padding never wins) or mean of each window (sum in runs, `runs.ts`, rounded
 *   once, of what is not padding, times float32 1 / area). `Unpool`: its pullback, dy given to the largest or to all, overlaps added in order.
 * - `Subsample`: every `stride`-th row and column, `before` zero channels in front. `Supersample`: its pullback.
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

/** Reduction of a pool's window. */
export type PoolKind = "max" | "average";

/**
 * One element-wise step on x, all of it in float32 with a rounding after each operation; vectors have one entry for the whole
 * tensor or one for each channel (the innermost side).
 *
 * - `Affine`: x * scale, then + shift; either may be missing.
 * - `Clip`: min(max(x, lo), hi); NaN stays NaN.
 * - `Add`: x + other.
 * - `Gate`: x where lo < other < hi, else 0. The pullback of `Clip`.
 * - `Mask`: x where the byte of `gradientMask` is 1, 0 where it is 0. The straight-through pullback of a quantizer.
 * - `Normalize`: (x - mean) * scale, then + shift: what is left of a large mean is exact, where x * scale is not.
 * - `Combine`: x * scale + ((other - mean) * slope + shift). The pullback of a normalization.
 * - `Keep`: x as it is. The first pass that comes through leaves it in the slot as well, and later ones begin there.
 * - `Release`: x as it is. Once a pass has computed it nobody needs these tensors any more, and their memory serves others; so x
 *   itself can be computed once only, unless it is kept.
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
  | { readonly _tag: "Keep"; readonly slot: Slot }
  | { readonly _tag: "Release"; readonly released: readonly Intermediate[] };

/** Memory that a step has taken: of a tensor, of codes, or of what a `Keep` will have left in its slot. */
export type Intermediate = Tensor | Codes | Slot;

/** Place in which a `Keep` leaves a tensor: filled by an engine, once, and good until the next `beginStep`. */
export interface Slot {
  tensor?: Tensor;
}

/** A tensor that is described and perhaps not yet computed. */
export interface Expr {
  readonly shape: Shape;
  readonly source: Source;
  readonly stages: readonly Stage[];
}

/**
 * Expression of a tensor as it is.
 *
 * @example
 * ofTensor(tensor(Float32Array.of(1, 2), [1, 1, 1, 2])).shape; // [1, 1, 1, 2]
 */
export const ofTensor = (x: Tensor): Expr => ({ shape: x.shape, source: { _tag: "Dense", x }, stages: [] });

/** Expression of what codes stand for: scale * (code - zeroPoint). */
export const ofCodes = (q: QTensor): Expr => ({
  shape: q.codes.shape,
  source: { _tag: "Codes", q },
  stages: [],
});

/** Expression of the sums of a product. */
export const ofProduct = (product: Product): Expr => ({
  shape: product.shape,
  source: { _tag: "Product", product },
  stages: [],
});

/**
 * The same tensor with one more stage.
 *
 * @example
 * const x = ofTensor(tensor(Float32Array.of(1, 2), [1, 1, 1, 2]));
 * staged({ _tag: "Affine", scale: Float32Array.of(2) })(x).stages.length; // 1
 */
export const staged =
  (...stages: readonly Stage[]) =>
  ({ shape, source, stages: before }: Expr): Expr => ({ shape, source, stages: before.concat(stages) });

/** The same tensor from the last place on where it has been kept: what is in memory is not computed again. */
export const resumed = (x: Expr): Expr => {
  const { shape, stages } = x;
  for (let i = stages.length - 1; i >= 0; i--) {
    const stage = stages[i] as Stage;
    if (stage._tag === "Keep" && stage.slot.tensor)
      return { shape, source: { _tag: "Dense", x: stage.slot.tensor }, stages: stages.slice(i + 1) };
  }
  return x;
};

/** The tensor, where it needs no computing. */
export const settled = (x: Expr): Tensor | undefined => {
  const { source, stages } = resumed(x);
  return source._tag === "Dense" && stages.every(({ _tag }) => _tag === "Release") ? source.x : undefined;
};

/** Tensors that will not be needed any more once others have been computed, to be asked before they are. */
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

/** Tensor or codes that hold the memory, where there are any yet. */
export const tensorOf = (memory: Intermediate): Tensor | Codes | undefined =>
  "dtype" in memory ? memory : memory.tensor;

/** Number of elements of an expression. */
export const countOf = ({ shape }: Expr): number => sizeOf(shape);

/**
 * Channels: the innermost side.
 *
 * @example
 * channelsOf(ofTensor(tensor(new Float32Array(6), [1, 1, 2, 3]))); // 3
 */
export const channelsOf = ({ shape }: Expr): number => shape[shape.length - 1] ?? 1;
