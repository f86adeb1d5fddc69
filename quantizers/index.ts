/** @file Contents of `quantizers`, by theme. */

// What an estimator is, and what it can be told

export * from "./estimator.ts";
export * from "./measurable.ts";

// Estimators: which interval?

export * from "./currentMinMax.ts";
export * from "./delayedScaling.ts";
export * from "./distributionAdaptive.ts";
export * from "./dsgc.ts";
export * from "./fixed.ts";
export * from "./inHindsight.ts";
export * from "./lbt.ts";
export * from "./meanSquaredError.ts";
export * from "./percentile.ts";
export * from "./runningMinMax.ts";

// Combinators: estimators of estimators

export * from "./frozenAfter.ts";
export * from "./inPhases.ts";

// Quantizers: which grid, which rounding?

export * from "./niti.ts";
export * from "./quantizer.ts";
export * from "./usualQuantizer.ts";
export * from "./withProjection.ts";

// Projections: levels that no uniform grid of the whole tensor holds

export * from "./adaFlLevels.ts";
export * from "./bhq.ts";
export * from "./binGrad.ts";
export * from "./codebook.ts";
export * from "./cpq.ts";
export * from "./daq.ts";
export * from "./laq.ts";
export * from "./luq.ts";
export * from "./muLaw.ts";
export * from "./orq.ts";
export * from "./perChannel.ts";
export * from "./piecewiseLinear.ts";
export * from "./powerOfTwo.ts";
export * from "./powers.ts";
export * from "./projection.ts";
export * from "./psq.ts";
export * from "./ptq.ts";
export * from "./qsgd.ts";
export * from "./wageubn.ts";

// Quantizers with ranges of their own

export * from "./dorefa.ts";
export * from "./learnedBound.ts";
export * from "./learnedRange.ts";
export * from "./lsq.ts";
export * from "./pact.ts";
export * from "./sat.ts";
export * from "./weightTransform.ts";

// What projections are made of

export * from "./finite.ts";
export * from "./moments.ts";
export * from "./normal.ts";
export * from "./rows.ts";
export * from "./sorted.ts";

// By name

export * from "./estimatorCatalogue.ts";
export * from "./learnedEntries.ts";
export * from "./named.ts";
export * from "./quantizerCatalogue.ts";
export * from "./quantizerEntry.ts";
