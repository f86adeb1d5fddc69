import { type Lazy, staged } from "../../core/pass.ts";
import type { Codes } from "../../core/tensor.ts";

/** The straight-through pullback of a quantizer: nothing passes where it clipped. */
export const straightThrough =
  (inside: Codes | undefined) =>
  (dy: Lazy): Lazy =>
    inside ? staged({ _tag: "Mask", inside })(dy) : dy;
