/** @file Contents of `quantizers`, by theme. */

// Quantizers: estimator, levels, bits and rounding as one value

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

// Formats: floating-point and integer numbers of a few bits

export * from "./formats/index.ts";

// Projections: other levels

export * from "./projections/index.ts";

// Learned: trained ranges, and weight transforms

export * from "./learned/index.ts";
export * from "./moments.ts";

// Rules: which quantizer at which site?

export * from "./rules/index.ts";

// By name

export * from "./catalogue/index.ts";
