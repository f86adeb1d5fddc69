/** @file Contents of `core`, by theme: types and pure functions. Nothing here knows about layers, files or clocks. */

// Tensors and shapes

export * from "./shape.ts";
export * from "./target.ts";
export {
  type Codes,
  codes,
  elements,
  type HostCodes,
  type HostTensor,
  type OnHost,
  type QTensor,
  reshaped,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
  type Tensor,
  tensor,
} from "./tensor.ts";

// Boxes on images, and targets that are boxes

export * from "./boxes.ts";
export * from "./boxTarget.ts";

// What is to be computed, and what engines do

export * from "./accumulator.ts";
export * from "./blocks.ts";
export * from "./engine.ts";
export * from "./engineEntry.ts";
export * from "./eventual.ts";
export * from "./expr.ts";
export * from "./navigatorGpu.ts";
export * from "./pass.ts";
export * from "./product.ts";
export * from "./threads.ts";

// Functions with the same bits on every machine

export * from "./elementary/index.ts";
export * from "./square.ts";

// Ranges, grids and roundings

export * from "./follows.ts";
export * from "./integerBlocks.ts";
export * from "./largestFloat.ts";
export * from "./nanToNum.ts";
export * from "./powers.ts";
export * from "./qparams.ts";
export * from "./random.ts";
export * from "./range.ts";
export * from "./rounding.ts";
export * from "./scheme.ts";
export * from "./sharedExponent.ts";

// What is measured of tensors

export * from "./histogram.ts";
export * from "./magnitudes.ts";
export * from "./measure.ts";
export { missingIn, NotRecorded } from "./notRecorded.ts";
export * from "./percentiles.ts";
export * from "./quantizationError.ts";
export * from "./sample.ts";
export * from "./sqnr.ts";
export * from "./statOf.ts";

// What flows, and what a loss may add

export * from "./constraint.ts";
export * from "./foreignStat.ts";
export * from "./logBarrier.ts";
export * from "./signal.ts";
export * from "./siteFacts.ts";

// Methods by name, and their options

export * from "./declaredOptions.ts";
export * from "./decodeOptions.ts";
export * from "./entry.ts";
export * from "./knownOptions.ts";
export * from "./madeOf.ts";
export * from "./named.ts";
export * from "./optionSpelling.ts";
export * from "./options.ts";
export * from "./optionText.ts";
export * from "./plain.ts";
export * from "./projectionTitle.ts";

// What can be wrong, and which numerics these are

export * from "./errors.ts";
export * from "./firstFew.ts";
export * from "./numerics.ts";
