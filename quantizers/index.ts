/** @file Contents of `quantizers`, by theme. */

// What quantizers are made of

export * from "./estimators/index.ts";
export * from "./learned/index.ts";
export * from "./projections/index.ts";

// Quantizers: which grid, which rounding?

export * from "./dorefa.ts";
export * from "./niti.ts";
export * from "./quantizer.ts";
export * from "./usualQuantizer.ts";
export * from "./withProjection.ts";

// Rules: which quantizer at which site?

export * from "./rules/index.ts";

// By name

export * from "./catalogue/index.ts";
