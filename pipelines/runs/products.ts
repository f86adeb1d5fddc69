/** @file Which products of a network's convolutions and dense layers are products of integers, and which of float32. */
import type { Role } from "../../core/signal.ts";
import type { Convolution } from "../../operators/module/module.ts";
import { makesIntegers } from "../../quantizers/quantizer.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import type { ProductEvent } from "./events.ts";

/**
 * Products of each kind, by layer. A product is computed in integers if both operands are integers.
 *
 * @param convolutions in the order of the network
 * @param inputGradients paths of those that compute the gradient of their input; see `inputGradientsIn`
 * @param sites paths of the sites of activations and gradients that the network has: a layer whose input or gradient has none, since it
 *   was not built by `quantized`, multiplies in float32
 */
export const productsOf = (
  convolutions: readonly Convolution[],
  inputGradients: ReadonlySet<string>,
  sites: ReadonlySet<string>,
  { quantizer, weightGradient }: SiteQuantizers,
): readonly ProductEvent[] => {
  const paths = convolutions.map(({ path }) => path);
  const isCoded = (site: string, role: Role, quantizerAt = quantizer): boolean =>
    sites.has(site) && makesIntegers(quantizerAt(site, role));
  const isInput = (path: string): boolean => isCoded(`${path}/input`, "activation");
  const isWeight = (path: string): boolean => makesIntegers(quantizer(`${path}/weight`, "weight"));
  const isGradient = (path: string): boolean => isCoded(`${path}/gradient`, "gradient");
  const isCopy = (path: string): boolean =>
    weightGradient ? isCoded(`${path}/weightGradient`, "gradient", weightGradient) : isGradient(path);
  const kind = (
    product: ProductEvent["product"],
    of: readonly string[],
    ...operands: readonly ((path: string) => boolean)[]
  ): ProductEvent => {
    const isInteger = (path: string): boolean => operands.every((is) => is(path));
    return { product, integer: of.filter(isInteger), float32: of.filter((path) => !isInteger(path)) };
  };
  return [
    kind("forward", paths, isInput, isWeight),
    kind(
      "input gradient",
      paths.filter((path) => inputGradients.has(path)),
      isGradient,
      isWeight,
    ),
    kind("weight gradient", paths, isCopy, isInput),
  ];
};
