/** @file Contents of `operators`, by theme. */

export * from "./absoluteError.ts";
// Layers
export * from "./accumulate.ts";
// Training
export * from "./adam.ts";
export * from "./adamMoments.ts";
export * from "./adamRule.ts";
// Looking inside: taps, recorder, replayer
export * from "./at.ts";
export * from "./batchNorm.ts";
export * from "./blaq.ts";
// What a layer and a module are
export * from "./build.ts";
export * from "./coding.ts";
export * from "./constrained.ts";
export * from "./constrainedLayer.ts";
export * from "./conv2d.ts";
export * from "./crossEntropy.ts";
export * from "./dclrs.ts";
export * from "./dense.ts";
export * from "./feed.ts";
export * from "./flatten.ts";
export * from "./identity.ts";
export * from "./initialize.ts";
export * from "./judge.ts";
export { kept, settle } from "./kept.ts";
export * from "./lagrangian.ts";
export * from "./layer.ts";
export * from "./learnable.ts";
export * from "./locateOverflow.ts";
export * from "./logBarrier.ts";
export * from "./lossesAfter.ts";
export * from "./metrics.ts";
export * from "./module.ts";
export * from "./multiplier.ts";
export * from "./onTensor.ts";
export * from "./optimizer.ts";
export * from "./parameters.ts";
export * from "./pixelShuffle.ts";
export * from "./pool.ts";

// Quantization: sites and their placement
export * from "./quantize.ts";
export * from "./quantized.ts";
export * from "./rangeSeen.ts";
export * from "./rangeSite.ts";
export * from "./record.ts";
export * from "./releasing.ts";
export * from "./relu.ts";
export * from "./replay.ts";
export * from "./residual.ts";
export * from "./scaled.ts";
export * from "./schedule.ts";
export * from "./sequential.ts";
export * from "./sgd.ts";
export * from "./sharedGradients.ts";
export * from "./snapshot.ts";
export * from "./sqnr.ts";
export * from "./straightThrough.ts";
export * from "./subsample.ts";
export * from "./transformedWeights.ts";
export * from "./trials.ts";
export * from "./twin.ts";
export * from "./updateRule.ts";
export * from "./weightOperand.ts";
