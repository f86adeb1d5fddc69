/** @file Contents of `core`, by theme. Nothing here knows of layers, files or clocks. */

// What is to be computed, and who computes it
export * from "./accumulator.ts";
// What a loss may add
export * from "./constraint.ts";
// What can be told: options, and the entries of methods that have them
export * from "./declaredOptions.ts";
export * from "./decodeOptions.ts";
export * from "./engine.ts";
export type { NavigatorGpu } from "./engines/gpu/navigatorGpu.ts";
export * from "./engines/reference/engine.ts";
export * from "./engines/select.ts";
export * from "./engines/simd/engine.ts";
export type { Threads } from "./engines/simd/threads.ts";
export * from "./entry.ts";
// What flows, and what can be wrong
export * from "./errors.ts";
export * from "./eventual.ts";
export * from "./expr.ts";
export * from "./follows.ts";
// Ranges and integers, and what is measured of tensors
export * from "./histogram.ts";
export * from "./logBarrier.ts";
export * from "./magnitudes.ts";
export * from "./measure.ts";
export * from "./named.ts";
export * from "./numerics.ts";
export * from "./optionSpelling.ts";
export * from "./options.ts";
export * from "./optionText.ts";
export * from "./pass.ts";
export * from "./percentiles.ts";
export * from "./powers.ts";
export * from "./product.ts";
export * from "./qparams.ts";
export * from "./quantizationError.ts";
export * from "./random.ts";
export * from "./range.ts";
export * from "./rounding.ts";
export * from "./sample.ts";
export * from "./scheme.ts";
// Tensors and shapes
export * from "./shape.ts";
export * from "./signal.ts";
export * from "./siteFacts.ts";
export * from "./statOf.ts";
export * from "./target.ts";
export * from "./tensor.ts";
