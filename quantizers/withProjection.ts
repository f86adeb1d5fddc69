import { currentRange } from "./defaultRange.ts";
import type { Projection } from "./projections/projection.ts";
import type { Quantizer } from "./quantizer.ts";

/** Whether a quantizer has an estimator that its projection would not use, because its levels follow the tensor. */
export const wastesRanges = ({ projection, estimator }: Quantizer): boolean =>
  projection?.follows === "tensor" && estimator.estimator !== currentRange.estimator;

/**
 * Adds a projection to a quantizer, with the rounding that the projection requires. If its levels follow the tensor, the estimator
 * becomes `currentMinMax`, so the site is dynamic.
 *
 * @example
 * withProjection(defaultQuantizer()("conv1/gradient", "gradient"), psq())
 */
export const withProjection = (quantizer: Quantizer, projection: Projection): Quantizer => {
  const { rounding = quantizer.rounding } = projection;
  const projecting = { ...quantizer, rounding, projection };
  return wastesRanges(projecting) ? { ...projecting, estimator: currentRange } : projecting;
};
