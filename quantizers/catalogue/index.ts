/** @file Estimators and quantizers by name, with their options. */
export * from "./asQuantizer.ts";
export * from "./estimatorCatalogue.ts";
export * from "./parseEstimator.ts";
export * from "./parseQuantizer.ts";
export * from "./quantizerCatalogue.ts";
export * from "./quantizerWith.ts";
export * from "./rangedProjection.ts";
