import type { Engine } from "../../core/engine.ts";
import type { PassResult } from "../../core/pass.ts";

/** A result with everything in it on the host. */
export const fetched = async (engine: Engine, result: PassResult): Promise<PassResult> => {
  const { stored, codes, gradientMask, range, clipped, channelSums } = result;
  return {
    ...result,
    ...(range && { range: await range }),
    ...(clipped !== undefined && { clipped: await clipped }),
    ...(channelSums && { channelSums: await channelSums }),
    ...(stored && { stored: await engine.read(stored) }),
    ...(codes && { codes: await engine.read(codes) }),
    ...(gradientMask && { gradientMask: await engine.read(gradientMask) }),
  };
};
