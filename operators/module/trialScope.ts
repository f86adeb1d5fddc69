import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import type { Scope } from "./module.ts";
import { plannedParameters } from "./parameters.ts";

const float32 = defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });

/**
 * The scope of a network that is built only to find its shapes and paths. Nothing is quantized, parameters have no elements, and
 * every name is free.
 */
export const trialScope = (scope: Scope): Scope => ({
  ...scope,
  parameters: plannedParameters(),
  claim: () => true,
  quantizer: float32,
  weightGradient: undefined,
  announce: () => {},
  note: () => {},
});
