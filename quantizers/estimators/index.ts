/** @file Range estimators (which interval?), and combinators, which make estimators of estimators. */

export * from "./commonOptions.ts";
export * from "./currentMinMax.ts";
export * from "./delayedScaling.ts";
export * from "./distributionAdaptive.ts";
export * from "./dsgc.ts";
export * from "./estimator.ts";
export * from "./estimatorEntry.ts";
export * from "./fixed.ts";
export * from "./frozenAfter.ts";
export * from "./heldFor.ts";
export * from "./inHindsight.ts";
export * from "./inPhases.ts";
export * from "./lbt.ts";
export * from "./meanSquaredError.ts";
export * from "./measurable.ts";
export * from "./percentile.ts";
export * from "./runningMinMax.ts";
export * from "./startingFrom.ts";
