/** @file Contents of `core/engines`: the engines, and their selection by name. */
export { type DataParallelOptions, dataParallel } from "./dataParallel/dataParallel.ts";
export {
  bytesSent,
  type Reduction,
  type ReductionKind,
  type ReductionMoment,
  type ReductionRole,
} from "./dataParallel/reduction.ts";
export { reference } from "./reference/engine.ts";
export { type EngineName, engineNames, engines, selectEngine } from "./registry.ts";
export { type SimdOptions, simd } from "./simd/engine.ts";
