/** @file Losses, and constraints on a network beside its loss. */
export * from "./absoluteError.ts";
export * from "./constrained.ts";
export * from "./constrainedLayer.ts";
export * from "./crossEntropy.ts";
export * from "./evaluateLoss.ts";
export * from "./lagrangian.ts";
export * from "./logBarrier.ts";
export * from "./loss.ts";
export * from "./multiplier.ts";
export * from "./rewriteGradients.ts";
export * from "./sharedGradients.ts";
