/** @file The site of a layer's weights: quantized once per step, as a whole or per output channel. */
import { ofTensor } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import type { Scope } from "../module/module.ts";
import { channelWeights } from "./channelWeights.ts";
import { learnableAt } from "./learnable.ts";
import { openSite } from "./rangeSite.ts";
import type { Site } from "./site.ts";
import { straightThrough } from "./straightThrough.ts";
import { transformedWeights } from "./transformedWeights.ts";
import type { WeightSite } from "./weightOperand.ts";

const float32Weights: WeightSite = {
  quantize: (x) => {
    const operand: Operand = { _tag: "Dense", x };
    return { forward: operand, backward: operand, pullback: straightThrough(undefined) };
  },
  unsubscribe: () => {},
};

/** A site for all weights together. */
const perTensor = (site: Site): WeightSite => ({
  quantize: function* (w, ctx) {
    const { value, pullback } = yield* site.quantize(ofTensor(w), ctx);
    return { forward: value, backward: value, pullback };
  },
  unsubscribe: () => site.unsubscribe(),
});

/** Facts about its layer that a weight site needs. */
export interface WeightLayer {
  readonly outChannels: number;
  /** Output channels times kernel positions. */
  readonly outputs: number;
}

/**
 * The weight site of a layer whose weights exist. What it learns is created now, when the network is built.
 *
 * @returns a function that opens the site
 */
export const weightSite = (
  scope: Scope,
  path: string,
  quantizer: Quantizer,
  { outChannels, outputs }: WeightLayer,
): (() => WeightSite) => {
  const { bits, granularity, transform } = quantizer;
  if (transform) {
    const open = transformedWeights(scope, path, quantizer, transform, outputs);
    return () => perTensor(open());
  }
  if (bits === 32) return () => float32Weights;
  if (granularity === "channel") return channelWeights(scope, path, quantizer, outChannels);
  const learnable = learnableAt(scope, path, "weight", quantizer);
  return () => perTensor(openSite(scope, path, "weight", learnable));
};
