import type { Unsubscribable } from "rxjs";
import type { Operand } from "../../core/product.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";
import type { SitePullback } from "./site.ts";

/** Weights ready to be multiplied. */
export interface WeightOperand {
  /** Operand of the forward product. It may have a scale per output channel. */
  readonly forward: Operand;
  /** Operand of the backward product into the input, whose sums run over output channels and therefore need a single scale. */
  readonly backward: Operand;
  /** Pullback: from the gradient of the operand to that of the weights, and of what is learned beside them. */
  readonly pullback: SitePullback;
}

/** The site of a layer's weights. */
export interface WeightSite extends Unsubscribable {
  /** Quantizes the weights on the tape of their layer. */
  readonly quantize: (w: Tensor, ctx: Context) => Task<WeightOperand> | WeightOperand;
}
