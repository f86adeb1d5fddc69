import type { Scope } from "./module.ts";
import { sharing } from "./parameters.ts";

/**
 * The scope of a second network that is not quantized, over the weights and biases of one that is. Weights that a transform bends are bent
 * there, too, and not rounded. Normalizations and statistics are its own, below `float32/`, as the two see other activations.
 */
export const float32Copy = (scope: Scope): Scope => ({
  ...scope,
  parameters: sharing(scope.parameters, "float32"),
  quantizer: (site, role) => ({ ...scope.quantizer(site, role), bits: 32, granularity: "tensor" }),
  weightGradient: undefined,
  hooks: [],
  announce: () => {},
  note: () => {},
});
