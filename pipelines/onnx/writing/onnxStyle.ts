/** @file Choices of how a model is written. They name no package, so that declarations of exports do not need its. */

/**
 * How quantized arithmetic is written: `qdq`, scales in `QuantizeLinear` and `DequantizeLinear`, where runtimes look for them, or `exact`, scales as
 * multiplications, which round where ours do.
 */
export type OnnxForm = "qdq" | "exact";

/** What a batch normalization becomes: a node of its own, or part of the layer in front of it. */
export type BatchNormStyle = "separate" | "folded";
