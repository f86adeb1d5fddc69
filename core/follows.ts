/**
 * Quantity that the levels of a quantizer follow.
 *
 * - `range`: the range of the estimator and nothing else; an element becomes the same whatever stands beside it.
 * - `channels`: the same, with a range for each channel where the estimator has them.
 * - `both`: levels end where the range does, and the tensor says how they lie between.
 * - `tensor`: the tensor alone. No range is used, so that none can be there before the tensor either.
 */
export const followsNames = ["range", "channels", "both", "tensor"] as const;

/** One of `followsNames`. */
export type Follows = (typeof followsNames)[number];
