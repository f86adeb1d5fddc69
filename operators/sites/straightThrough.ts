import { staged } from "../../core/expr.ts";
import type { Codes } from "../../core/tensor.ts";
import type { SitePullback } from "./site.ts";

/** The straight-through pullback of a quantizer: the gradient is unchanged, and 0 where the quantizer clipped. */
export const straightThrough =
  (gradientMask: Codes | undefined): SitePullback =>
  (dy) => ({ dx: gradientMask ? staged({ _tag: "Mask", gradientMask })(dy) : dy });
