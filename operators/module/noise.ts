import { fillRoundingNoise, type Key } from "../../core/random.ts";
import type { Noise } from "../../quantizers/projections/projection.ts";

/** One buffer for all tensors: the noise of one is used before the next is drawn. */
let noises = new Float32Array(0);

/** The rounding noise of a key, for tensors rounded on the host. */
export const noiseOf =
  (key: Key): Noise =>
  (count) => {
    if (noises.length < count) noises = new Float32Array(count);
    const some = noises.subarray(0, count);
    fillRoundingNoise(key, some);
    return some;
  };
