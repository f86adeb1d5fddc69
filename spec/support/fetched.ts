import type { Engine } from "../../core/engine.ts";
import type { PassResult } from "../../core/pass.ts";

/** A result with its tensors on the host. */
export const fetched = async (engine: Engine, result: PassResult): Promise<PassResult> => {
  const { stored, codes, inside } = result;
  return {
    ...result,
    ...(stored && { stored: await engine.read(stored) }),
    ...(codes && { codes: await engine.read(codes) }),
    ...(inside && { inside: await engine.read(inside) }),
  };
};
