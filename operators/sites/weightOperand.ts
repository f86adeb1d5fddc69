import type { Unsubscribable } from "rxjs";
import type { Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { Emit } from "../../core/signal.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Moment } from "./coding.ts";

/** Weights ready to be multiplied. */
export interface WeightOperand {
  /** For the forward product; a scale per channel is a scale per output channel there. */
  readonly forward: Operand;
  /** For the backward product into the input, whose sums run over output channels and so need one scale for all of them. */
  readonly backward: Operand;
  /** From the gradient of what was multiplied to the gradient of the weights. */
  readonly pullback: (dw: Expr, emit: Emit) => Eventual<Expr>;
}

export interface WeightSite extends Unsubscribable {
  readonly quantize: (w: Tensor, moment: Moment, emit: Emit) => Eventual<WeightOperand>;
}
