/** @file Contents of `pipelines`, by theme: everything that touches files, the process or the clock. */

// Data
export { type Batches, orderedBatches, trainBatches } from "./data/batches.ts";
export * from "./data/cifar10.ts";
export * from "./data/dataset.ts";
export * from "./data/glyphs.ts";
export * from "./data/idx.ts";
// Training
export * from "./events.ts";
// Files
export * from "./files/checkpoint.ts";
export * from "./files/recorder.ts";
export * from "./files/recording.ts";
export * from "./settings.ts";
export * from "./train.ts";
