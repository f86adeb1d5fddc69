import { type Expr, staged } from "../../core/expr.ts";
import type { Codes } from "../../core/tensor.ts";

/** The straight-through pullback of a quantizer: nothing passes where it clipped. */
export const straightThrough =
  (gradientMask: Codes | undefined) =>
  (dy: Expr): Expr =>
    gradientMask ? staged({ _tag: "Mask", gradientMask })(dy) : dy;
