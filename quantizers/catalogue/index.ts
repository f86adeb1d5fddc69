/** @file Estimators and quantizers by name, with their options. */
export * from "./estimatorCatalogue.ts";
export * from "./learnedEntries.ts";
export * from "./named.ts";
export * from "./quantizerCatalogue.ts";
export * from "./quantizerEntry.ts";
