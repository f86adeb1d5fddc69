/** @file Sites: where tensors are quantized, with whose ranges, and what is learned there. */
export * from "./coding.ts";
export * from "./layerPaths.ts";
export * from "./learnable.ts";
export * from "./quantize.ts";
export * from "./quantized.ts";
export * from "./quantizeNetwork.ts";
export * from "./rangeSeen.ts";
export * from "./rangeSite.ts";
export * from "./transformedWeights.ts";
export * from "./weightOperand.ts";
