/**
 * What the levels of a quantizer depend on.
 *
 * - `range`: only the range of the estimator; an element is quantized independently of all others.
 * - `channels`: the same, with a range per channel if the estimator provides them.
 * - `both`: the range sets the outermost levels, and the tensor the levels in between.
 * - `tensor`: only the tensor. No range is used, so none can be known before the tensor.
 */
export const followsNames = ["range", "channels", "both", "tensor"] as const;

/** One of `followsNames`. */
export type Follows = (typeof followsNames)[number];
