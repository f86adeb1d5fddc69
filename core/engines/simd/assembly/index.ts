/** @file The functions that JavaScript calls. */
export {
  freeBytes,
  keep,
  keptBytes,
  lend,
  mark,
  open,
  release,
  reset,
  stepBytes,
  tableBytes,
  tablesEnd,
  take,
} from "./arena";
export { blockProduct } from "./blockProduct";
export { blockWeightGradient } from "./blockWeightGradient";
export { multiplyBytes } from "./bytes";
export { depthwiseFloatWeightGradient, depthwiseIntegerWeightGradient } from "./depthwiseWeightGradient";
export { dequantizeChannels } from "./dequantizeChannels";
export { exp } from "./exp";
export { floatWeightGradient } from "./floatWeightGradient";
export { addRuns, addShares } from "./gather";
export { convolution } from "./geometry";
export { areUpTo, beginBlocks, integersInBlocks } from "./integerBlocks";
export { integerWeightGradient } from "./integerWeightGradient";
export { notFiniteCount, observedMax, observedMin } from "./observe";
export {
  beginPass,
  runPass,
  sinkChannelSums,
  sinkObserve,
  sinkQuantize,
  sinkStore,
} from "./pass";
export {
  floatProductPerSample,
  floatWeightGradientPerSample,
  integerProductPerSample,
  integerWeightGradientPerSample,
} from "./perSample";
export { pool, unpool } from "./pool";
export { floatProduct, integerProduct } from "./product";
export {
  pushCodes,
  pushDense,
  pushFloat64,
  pushInt32,
  pushTile,
  stageAdd,
  stageAffine,
  stageClip,
  stageCombine,
  stageNormalize,
  stageGate,
  stageKeep,
  stageMask,
} from "./program";
export { beginNoise, beginQuantize, clippedCount } from "./quantize";
export { beginShare } from "./share";
export { subsample, supersample } from "./subsample";
export { update } from "./update";
