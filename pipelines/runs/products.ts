/** @file Which products of a network's layers are products of integers, and which of float32. */
import type { Role } from "../../core/signal.ts";
import type { Convolution } from "../../operators/module/module.ts";
import { makesIntegers } from "../../quantizers/quantizer.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import type { ProductEvent } from "./events.ts";
import type { OperandSites } from "./operandSites.ts";

/**
 * Products of each kind, by layer. A product is computed in integers if both operands are integers. The second operand of a matrix product
 * of two activations stands where others have weights.
 *
 * @param convolutions in the order of the network
 * @param inputGradients paths of those that compute the gradient of their input; see `inputGradientsIn`
 * @param operands sites of their operands; see `operandSitesIn`
 */
export const productsOf = (
  convolutions: readonly Convolution[],
  inputGradients: ReadonlySet<string>,
  operands: ReadonlyMap<string, OperandSites>,
  { quantizer, weightGradient }: SiteQuantizers,
): readonly ProductEvent[] => {
  const paths = convolutions.map(({ path }) => path);
  const matrices = [...operands].flatMap(([path, { isMatrix }]) => (isMatrix ? [path] : []));
  const isCoded = (site: string | undefined, role: Role, quantizerAt = quantizer): boolean =>
    site !== undefined && makesIntegers(quantizerAt(site, role));
  const isInput = (path: string): boolean => isCoded(operands.get(path)?.input, "activation");
  const isOther = (path: string): boolean =>
    matrices.includes(path)
      ? isCoded(operands.get(path)?.other, "activation")
      : makesIntegers(quantizer(`${path}/weight`, "weight"));
  const isGradient = (path: string): boolean => isCoded(operands.get(path)?.gradient, "gradient");
  const isCopy = (path: string): boolean => {
    const copy = operands.get(path)?.copy;
    return copy === undefined ? isGradient(path) : isCoded(copy, "gradient", weightGradient);
  };
  const kind = (
    product: ProductEvent["product"],
    of: readonly string[],
    ...operands: readonly ((path: string) => boolean)[]
  ): ProductEvent => {
    const isInteger = (path: string): boolean => operands.every((is) => is(path));
    return { product, integer: of.filter(isInteger), float32: of.filter((path) => !isInteger(path)) };
  };
  return [
    kind("forward", [...paths, ...matrices], isInput, isOther),
    kind(
      "input gradient",
      [...paths.filter((path) => inputGradients.has(path)), ...matrices],
      isGradient,
      isOther,
    ),
    kind("weight gradient", [...paths, ...matrices], isCopy, isInput),
  ];
};
