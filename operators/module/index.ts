/** @file Layers and modules, and the composition of modules to a network. */
export * from "./build.ts";
export * from "./float32Copy.ts";
export * from "./hooks.ts";
export * from "./identity.ts";
export * from "./initialize.ts";
export * from "./journey.ts";
export * from "./layer.ts";
export * from "./module.ts";
export * from "./noise.ts";
export * from "./noPullback.ts";
export * from "./notes.ts";
export * from "./parameters.ts";
export * from "./patience.ts";
export * from "./runBatches.ts";
export * from "./sequential.ts";
export * from "./trialScope.ts";
