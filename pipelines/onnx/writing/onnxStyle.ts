/** @file Style options of exported models, in a file of their own so that published declarations do not depend on a package. */

/**
 * How quantized arithmetic is written: `qdq`, with scales in `QuantizeLinear` and `DequantizeLinear`, which runtimes recognize, or
 * `exact`, with scales as multiplications, which round as Rangeflow's engines do.
 */
export type OnnxForm = "qdq" | "exact";

/** How a batch normalization is written: as a node of its own, or as part of the preceding layer. */
export type BatchNormStyle = "separate" | "folded";
