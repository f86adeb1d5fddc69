/** @file Learned ranges and weight transforms, which are trained with the network. */
export * from "./channelBound.ts";
export * from "./cpq.ts";
export * from "./directLevels.ts";
export * from "./gridCategories.ts";
export * from "./hardConcrete.ts";
export * from "./learnedBound.ts";
export * from "./learnedEntry.ts";
export * from "./learnedRange.ts";
export * from "./levels.ts";
export * from "./lsq.ts";
export * from "./pact.ts";
export * from "./sat.ts";
export * from "./unchanged.ts";
export * from "./weightTransform.ts";
