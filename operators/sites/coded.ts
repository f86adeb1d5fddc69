/** @file What a site computes from a tensor once its range is known. */
import type { Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { Range, RangeStat } from "../../core/range.ts";
import type { Codes, Tensor } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";

/** Further results requested from a pass that quantizes. */
export interface Also {
  readonly observe: boolean;
  readonly store: boolean;
}

/** A quantized tensor, and the further results that were requested. */
export interface Coded {
  readonly value: Operand;
  /** One byte per element, 1 where the gradient may pass. Absent if nothing was clipped; present while that is not known yet. */
  readonly gradientMask?: Codes | undefined;
  /** Number of elements clipped by the range. */
  readonly clipped: Eventual<number>;
  /** Bytes moved. */
  readonly moved: number;
  /** Statistics of the tensor before clipping, if requested. */
  readonly range?: Eventual<RangeStat> | undefined;
  /** The tensor itself, if requested. */
  readonly stored?: Tensor | undefined;
}

/** Quantizes a tensor with a range, on the tape of the layer that the site belongs to. */
export type Coding = (x: Expr, range: Range, ctx: Context, also: Also) => Task<Coded>;

/** A quantized tensor as an expression. */
export const ofOperand = (value: Operand, shape: readonly number[]): Expr => ({
  shape,
  source: value,
  stages: [],
});
