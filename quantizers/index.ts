/** @file Contents of `quantizers`, by theme. */

// By name
export * from "./catalogue.ts";

// Estimators: which interval?
export * from "./currentMinMax.ts";
// What an estimator is
export * from "./estimator.ts";
export * from "./fixed.ts";
// Combinators: estimators of estimators
export * from "./frozenAfter.ts";
export * from "./inHindsight.ts";
export * from "./inPhases.ts";
export * from "./oneTensorLate.ts";

// Quantizers: which grid, which rounding?
export * from "./quantizer.ts";
export * from "./runningMinMax.ts";
export * from "./usualQuantizer.ts";
