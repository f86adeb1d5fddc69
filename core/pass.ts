/**
 * @file Passes: what a step computes, as values that say what is to be done before anything is done.
 *
 * A layer does not compute its output; it says how to compute it. Such a `Lazy` tensor is a source (a tensor, codes, or a
 * product such as a convolution) and the element-wise stages that follow. Whoever needs it adds sinks (store it, quantize it,
 * observe its range, sum its channels) and hands it to an engine, which runs all of it as one pass over memory. So a batch
 * normalization, a rectifier and a quantizer fuse because they were composed, and no layer knows of another.
 *
 *     pass = source -> stage -> stage -> ... -> sinks
 *
 * Fusing is never visible in the bits: each stage rounds to float32 exactly where its formula says, whether the stages run one
 * after another over whole tensors (`engines/reference`) or together over a few elements at a time (`engines/simd`).
 */
import type { NdArray } from "ndarray";
import { internal } from "./errors.ts";
import type { Eventual } from "./eventual.ts";
import type { QParams } from "./qparams.ts";
import type { Key } from "./random.ts";
import type { RangeStat } from "./range.ts";
import type { ConvShape, Window } from "./shape.ts";
import { type Codes, type QTensor, type Shape, sizeOf, type Tensor } from "./tensor.ts";

/** One side of a product: float32, or integers with their scale and zero point. */
export type Operand =
  | { readonly _tag: "Dense"; readonly x: Tensor }
  | { readonly _tag: "Codes"; readonly q: QTensor };

/**
 * The three products of a convolution. With two quantized operands the sums are exact integers of (code - zeroPoint)
 * products, without the scales. With two dense operands they are float32 sums: forward and backward-input add tap after tap
 * (kernel row, kernel column, channel) starting from 0; backward-weight adds runs of positions of one sample (`runs.ts`), and the
 * samples in order in float64. Operands of two kinds are refused; `operators/layers/convolve.ts` makes them one.
 *
 *     Forward         x [N, H, W, I],    w [O, KH, KW, I / groups]   -> y  [N, H', W', O]
 *     BackwardInput   dy [N, H', W', O], w [O, KH, KW, I / groups]   -> dx [N, H, W, I]
 *     BackwardWeight  dy [N, H', W', O], x [N, H, W, I]              -> dw [O, KH, KW, I / groups]
 */
export type Product =
  | {
      readonly _tag: "Forward";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly x: Operand;
      readonly w: Operand;
    }
  | {
      readonly _tag: "BackwardInput";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Operand;
      readonly w: Operand;
    }
  | {
      readonly _tag: "BackwardWeight";
      readonly conv: ConvShape;
      readonly shape: Shape;
      readonly dy: Operand;
      readonly x: Operand;
    };

/** Both sides of a product, in the order in which it names them. */
export const operandsOf = (product: Product): readonly [Operand, Operand] => {
  switch (product._tag) {
    case "Forward":
      return [product.x, product.w];
    case "BackwardInput":
      return [product.dy, product.w];
    case "BackwardWeight":
      return [product.dy, product.x];
  }
};

/** Whether the sums of a product are integers; throws if its operands are not of one kind. */
export const isInteger = (product: Product): boolean => {
  const [a, b] = operandsOf(product);
  if (a._tag !== b._tag)
    throw internal(`a ${product._tag} product of one ${a._tag} and one ${b._tag} operand`);
  return a._tag === "Codes";
};

/** Exact integer sums of a product. Weight gradients over big batches pass 2^31, so they are float64 (exact to 2^53). */
export type Sums = NdArray<Int32Array> | NdArray<Float64Array>;

/**
 * Where the elements of a pass come from.
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

export type PoolKind = "max" | "average";

/**
 * One element-wise step on x, all of it in float32 with a rounding after each operation; vectors have one entry for the whole
 * tensor or one for each channel (the innermost side).
 *
 * - `Affine`: x * scale, then + shift; either may be missing.
 * - `Clip`: min(max(x, lo), hi); NaN stays NaN.
 * - `Add`: x + other.
 * - `Gate`: x where lo < other < hi, else 0. The pullback of `Clip`.
 * - `Mask`: x where the byte of `inside` is 1, 0 where it is 0. The straight-through pullback of a quantizer.
 * - `Normalize`: (x - mean) * scale, then + shift: what is left of a large mean is exact, where x * scale is not.
 * - `Combine`: x * scale + ((other - mean) * slope + shift). The pullback of a normalization.
 * - `Keep`: x as it is. The first pass that comes through leaves it in the slot as well, and later ones begin there.
 * - `Release`: x as it is. Once a pass has computed it nobody needs these tensors any more, and their memory serves others; so x
 *   itself can be computed once only, unless it is kept.
 */
export type Stage =
  | { readonly _tag: "Affine"; readonly scale?: Float32Array; readonly shift?: Float32Array }
  | { readonly _tag: "Clip"; readonly lo: number; readonly hi: number }
  | { readonly _tag: "Add"; readonly other: Lazy }
  | { readonly _tag: "Gate"; readonly other: Lazy; readonly lo: number; readonly hi: number }
  | { readonly _tag: "Mask"; readonly inside: Codes }
  | {
      readonly _tag: "Normalize";
      readonly mean: Float32Array;
      readonly scale: Float32Array;
      readonly shift: Float32Array;
    }
  | {
      readonly _tag: "Combine";
      readonly other: Lazy;
      readonly scale: Float32Array;
      readonly mean: Float32Array;
      readonly slope: Float32Array;
      readonly shift: Float32Array;
    }
  | { readonly _tag: "Keep"; readonly slot: Slot }
  | { readonly _tag: "Release"; readonly made: readonly Made[] };

/** What a step has made: a tensor, codes, or what a `Keep` will have left in its slot. */
export type Made = Tensor | Codes | Slot;

/** Where a `Keep` leaves a tensor: filled by an engine, once, and good until the next `beginStep`. */
export interface Slot {
  tensor?: Tensor;
}

/** A tensor that is described and perhaps not yet computed. */
export interface Lazy {
  readonly shape: Shape;
  readonly source: Source;
  readonly stages: readonly Stage[];
}

/**
 * What a pass leaves behind.
 *
 * - `store`: the elements, float32.
 * - `quantize`: codes clip(round(x * inverse) + zeroPoint), inverse = inverseScale(scale), x * inverse rounded to float32; with a
 *   `noise` key `roundingNoise(key, element)` is added (in float32) before rounding, otherwise nearest. NaN becomes the zero
 *   point. With `inside` the pass also writes one byte an element: 1 where its rounded code lay inside [qmin, qmax] (or was NaN),
 *   0 where it was clipped. Per tensor only; weights with a scale per channel are quantized channel by channel.
 * - `observe`: the range of what is not clipped.
 * - `channelSums`: per channel, with c = of - around, the sums of x and of x * c; where `of` is missing, c = x - around and the sums
 *   are those of c and of c * c. The positions of a sample in runs (`runs.ts`), samples in order in float64.
 */
export interface Sinks {
  readonly store?: boolean;
  readonly quantize?: { readonly params: QParams; readonly noise?: Key; readonly inside?: boolean };
  readonly observe?: boolean;
  readonly channelSums?: { readonly of?: Lazy; readonly around: Float32Array };
}

/** Sums over all positions, by channel. */
export interface ChannelSums {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** One field for each sink that was asked for. Numbers may come from a device later than tensors, which stay there. */
export interface PassResult {
  readonly stored?: Tensor;
  readonly codes?: Codes;
  /** Elements whose rounded code lay outside [qmin, qmax], NaN not counted. */
  readonly clipped?: Eventual<number>;
  readonly inside?: Codes;
  readonly range?: Eventual<RangeStat>;
  readonly channelSums?: Eventual<ChannelSums>;
}

export const ofTensor = (x: Tensor): Lazy => ({ shape: x.shape, source: { _tag: "Dense", x }, stages: [] });

export const ofCodes = (q: QTensor): Lazy => ({
  shape: q.codes.shape,
  source: { _tag: "Codes", q },
  stages: [],
});

export const ofProduct = (product: Product): Lazy => ({
  shape: product.shape,
  source: { _tag: "Product", product },
  stages: [],
});

/** The same tensor with one more stage. */
export const staged =
  (...stages: readonly Stage[]) =>
  ({ shape, source, stages: before }: Lazy): Lazy => ({ shape, source, stages: before.concat(stages) });

/** The same tensor from the last place on where it has been kept: what is in memory is not computed again. */
export const resumed = (x: Lazy): Lazy => {
  const { shape, stages } = x;
  for (let i = stages.length - 1; i >= 0; i--) {
    const stage = stages[i] as Stage;
    if (stage._tag === "Keep" && stage.slot.tensor)
      return { shape, source: { _tag: "Dense", x: stage.slot.tensor }, stages: stages.slice(i + 1) };
  }
  return x;
};

/** The tensor, where it needs no computing. */
export const settled = (x: Lazy): Tensor | undefined => {
  const { source, stages } = resumed(x);
  return source._tag === "Dense" && stages.every(({ _tag }) => _tag === "Release") ? source.x : undefined;
};

/** What will not be needed any more once a tensor has been computed, to be asked before it is. */
export const releasedBy = (...tensors: readonly Lazy[]): Made[] => {
  const made: Made[] = [];
  const add = (x: Lazy): void => {
    for (const stage of resumed(x).stages)
      if ("other" in stage) add(stage.other);
      else if (stage._tag === "Release") made.push(...stage.made);
  };
  tensors.forEach(add);
  return made;
};

/** The tensor that was made, where there is one yet. */
export const tensorOf = (made: Made): Tensor | Codes | undefined => ("data" in made ? made : made.tensor);

/** Number of elements of a lazy tensor. */
export const countOf = ({ shape }: Lazy): number => sizeOf(shape);

/** Channels: the innermost side. */
export const channelsOf = ({ shape }: Lazy): number => shape[shape.length - 1] ?? 1;
