/** @file What a site makes of a tensor once its range is known. */
import type { Eventual } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { Codes, Tensor } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";

/** Further results of a pass that quantizes. */
export interface Also {
  readonly observe: boolean;
  readonly store: boolean;
}

/** A quantized tensor, and what was asked for beside it. */
export interface Coded {
  readonly value: Operand;
  /** One byte an element, 1 where a gradient may pass; there only if something was clipped, or if nobody knows yet. */
  readonly gradientMask?: Codes | undefined;
  /** Number of elements that the range clipped. */
  readonly clipped: Eventual<number>;
  /** Bytes that were moved for it. */
  readonly moved: number;
  /** Statistic of the tensor before clipping, if it was to be observed. */
  readonly range?: Eventual<RangeStat> | undefined;
  /** The tensor itself, if it was to be stored. */
  readonly stored?: Tensor | undefined;
}

/** Quantizes a tensor with a range, on the tape of the layer around the site. */
export type Coding = (x: Expr, range: Range, ctx: Context, also: Also) => Task<Coded>;

/** Quantized tensor as an expression to go on with. */
export const ofOperand = (value: Operand, shape: readonly number[]): Expr =>
  value._tag === "Dense" ? ofTensor(value.x) : { shape, source: value, stages: [] };
