/** @file Contents of `quantizers`, by theme. */

// Quantizers: an estimator, levels, bits and rounding as one value

export * from "./defaultQuantizer.ts";
export * from "./defaultRange.ts";
export * from "./directQuantization.ts";
export * from "./dorefa.ts";
export * from "./quantizer.ts";
export * from "./quantizerEntry.ts";
export * from "./withProjection.ts";

// Range estimators: which interval?

export * from "./estimators/index.ts";

// Grids: equal steps, whose codes are integers

export * from "./grids/index.ts";

// Projections: levels of other kinds

export * from "./projections/index.ts";

// Learned: ranges that are trained, and weights that are bent

export * from "./learned/index.ts";
export * from "./moments.ts";

// Rules: which quantizer at which site?

export * from "./rules/index.ts";

// By name

export * from "./catalogue/index.ts";
