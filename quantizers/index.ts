/** @file Contents of `quantizers`, by theme. */

// Quantizers: which grid, which rounding?
export * from "./codebook.ts";
// Estimators: which interval?
export * from "./currentMinMax.ts";
export * from "./delayedScaling.ts";
export * from "./distributionAdaptive.ts";
export * from "./dorefa.ts";
export * from "./dsgc.ts";
// What an estimator is
export * from "./estimator.ts";
// By name
export * from "./estimatorCatalogue.ts";
export * from "./fixed.ts";
// Combinators: estimators of estimators
export * from "./frozenAfter.ts";
export * from "./inHindsight.ts";
export * from "./inPhases.ts";
export * from "./lbt.ts";
export * from "./learnedBound.ts";
// Quantizers with parameters of their own
export * from "./learnedRange.ts";
export * from "./lsq.ts";
export * from "./meanSquaredError.ts";
export * from "./measurable.ts";
export * from "./moments.ts";
export * from "./muLaw.ts";
export * from "./named.ts";
export * from "./pact.ts";
export * from "./perChannel.ts";
export * from "./percentile.ts";
export * from "./projection.ts";
export * from "./quantizer.ts";
export * from "./quantizerCatalogue.ts";
export * from "./runningMinMax.ts";
export * from "./sat.ts";
export * from "./usualQuantizer.ts";
export * from "./weightTransform.ts";
