/** @file Sites: where tensors are quantized, the source of their ranges, what is learned there, and hooks. */
export { type Refusal, refusing } from "./checkSite.ts";
export * from "./coded.ts";
export * from "./layerPaths.ts";
export * from "./learnable.ts";
export * from "./quantize.ts";
export * from "./quantized.ts";
export * from "./quantizeNetwork.ts";
export * from "./rangeSite.ts";
export * from "./site.ts";
export * from "./siteSignals.ts";
export * from "./transformedWeights.ts";
export * from "./weightOperand.ts";
