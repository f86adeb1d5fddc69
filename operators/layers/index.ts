/** @file Layers: convolutions, normalization, activations, pools, and what joins them. */
export * from "./accumulate.ts";
export * from "./activation.ts";
export * from "./batchNorm.ts";
export * from "./concat.ts";
export * from "./conv2d.ts";
export * from "./dense.ts";
export * from "./dropout.ts";
export * from "./flatten.ts";
export * from "./groupNorm.ts";
export * from "./layerNorm.ts";
export * from "./pixelShuffle.ts";
export * from "./pool.ts";
export * from "./relu.ts";
export * from "./residual.ts";
export * from "./scaled.ts";
export * from "./subsample.ts";
