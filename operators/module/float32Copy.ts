import type { Scope } from "./module.ts";
import { sharing } from "./parameters.ts";

/**
 * The scope of a second, unquantized network that shares weights and biases with a quantized one. Weights with a transform are
 * transformed there too, but not rounded. The second network sees other activations, so it has its own normalizations and
 * statistics, below `float32/`. Its names are those of the first, which has claimed them.
 */
export const float32Copy = (scope: Scope): Scope => ({
  ...scope,
  parameters: sharing(scope.parameters, "float32"),
  quantizer: (site, role) => ({ ...scope.quantizer(site, role), bits: 32, granularity: "tensor" }),
  weightGradient: undefined,
  claim: () => true,
  hooks: [],
  announce: () => {},
  note: () => {},
});
