/** @file The site of a layer's weights: quantized once a step, per tensor or with a site for each output channel. */
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

/** A site whose tensor is all of the weights. */
const perTensor = (site: Site): WeightSite => ({
  quantize: function* (w, ctx) {
    const { value, pullback } = yield* site.quantize(ofTensor(w), ctx);
    return { forward: value, backward: value, pullback };
  },
  unsubscribe: () => site.unsubscribe(),
});

/** Facts that a weight site must know of its layer. */
export interface WeightLayer {
  readonly outChannels: number;
  /** Output channels times the kernel positions that share them. */
  readonly outputs: number;
}

/**
 * The weight site of a layer, for weights that are there: what it learns is made now, when the network is built.
 *
 * @returns opens the site
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
