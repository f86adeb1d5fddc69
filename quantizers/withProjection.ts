import { currentRange } from "./defaultRange.ts";
import type { Projection } from "./projections/projection.ts";
import type { Quantizer } from "./quantizer.ts";

/** Whether a quantizer has an estimator whose ranges its projection would not use: levels follow the tensor, and ranges something else. */
export const wastesRanges = ({ projection, estimator }: Quantizer): boolean =>
  projection?.follows === "tensor" && estimator.estimator !== currentRange.estimator;

/**
 * A quantizer with a projection, which rounds as the projection's method does. Where levels follow the tensor, the estimator becomes
 * `currentMinMax`: the site is dynamic, and says so.
 *
 * @example
 * withProjection(defaultQuantizer()("conv1/gradient", "gradient"), psq())
 */
export const withProjection = (quantizer: Quantizer, projection: Projection): Quantizer => {
  const { rounding = quantizer.rounding } = projection;
  const projecting = { ...quantizer, rounding, projection };
  return wastesRanges(projecting) ? { ...projecting, estimator: currentRange } : projecting;
};
