/** @file Contents of `pipelines`, by theme: everything that touches files, the process or the clock. */

// Studies of many runs
export * from "./compare.ts";
// Data
export * from "./data/batches.ts";
export * from "./data/cifar10.ts";
export * from "./data/dataset.ts";
export * from "./data/glyphs.ts";
export * from "./data/idx.ts";
export * from "./data/pairs.ts";
export * from "./data/tinyImageNet.ts";
// Estimators by name or by file
export * from "./estimatorNamed.ts";
// Training
export * from "./evaluate.ts";
export * from "./events.ts";
// Files
export * from "./files/checkpoint.ts";
export * from "./files/recorder.ts";
export * from "./files/recording.ts";
// Studies of one recording
export * from "./patience.ts";
export * from "./presets.ts";
export * from "./quantizerNamed.ts";
export * from "./replayStudy.ts";
export { recordingOf } from "./runDirectory.ts";
export * from "./scores.ts";
export * from "./settings.ts";
export { studies } from "./studies/catalogue.ts";
export * from "./studies/events.ts";
export * from "./studies/grid.ts";
export type { Difference, Spread } from "./studies/spread.ts";
export type { Study } from "./studies/study.ts";
export * from "./task.ts";
export * from "./threads.ts";
export * from "./traffic.ts";
export * from "./train.ts";
