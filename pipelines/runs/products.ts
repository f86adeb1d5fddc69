/** @file Which products of a network's layers are products of integers, which of integers in blocks, and which of float32. */
import type { Role } from "../../core/signal.ts";
import type { Convolution } from "../../operators/module/module.ts";
import { blockSizeOf, makesIntegers, type Quantizer } from "../../quantizers/quantizer.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";
import type { ProductEvent } from "./events.ts";
import type { OperandSites } from "./operandSites.ts";

type Kind = "integer" | "blocks" | "float32";

type QuantizerOf = (path: string) => Quantizer | undefined;

/** How a product of the tensors of two quantizers is computed; blocks are of one group of channels. */
const kindOf = (a: Quantizer | undefined, b: Quantizer | undefined, isOneGroup: boolean): Kind => {
  if (a === undefined || b === undefined) return "float32";
  if (makesIntegers(a) && makesIntegers(b)) return "integer";
  const size = blockSizeOf(a);
  return isOneGroup && size !== undefined && size === blockSizeOf(b) ? "blocks" : "float32";
};

/**
 * Products of each kind, by layer. A product is computed in integers if both operands are integers, and in integers inside blocks if both
 * are in blocks of the same size. The second operand of a matrix product of two activations stands where others have weights.
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
  const at = (site: string | undefined, role: Role, quantizerAt = quantizer): Quantizer | undefined =>
    site === undefined ? undefined : quantizerAt(site, role);
  const ofInput = (path: string) => at(operands.get(path)?.input, "activation");
  const ofOther = (path: string) =>
    matrices.includes(path)
      ? at(operands.get(path)?.other, "activation")
      : quantizer(`${path}/weight`, "weight");
  const ofGradient = (path: string) => at(operands.get(path)?.gradient, "gradient");
  const ofCopy = (path: string) => {
    const copy = operands.get(path)?.copy;
    return copy === undefined ? ofGradient(path) : at(copy, "gradient", weightGradient);
  };
  const inOneGroup = new Set(convolutions.flatMap(({ path, conv }) => (conv.groups === 1 ? [path] : [])));
  const kind = (
    product: ProductEvent["product"],
    of: readonly string[],
    ofA: QuantizerOf,
    ofB: QuantizerOf,
  ): ProductEvent => {
    const kinds = new Map(of.map((path) => [path, kindOf(ofA(path), ofB(path), inOneGroup.has(path))]));
    const those = (kind: Kind): readonly string[] => of.filter((path) => kinds.get(path) === kind);
    const blocks = those("blocks");
    return {
      ...{ product, integer: those("integer"), float32: those("float32") },
      ...(blocks.length > 0 && { blocks }),
    };
  };
  return [
    kind("forward", [...paths, ...matrices], ofInput, ofOther),
    kind(
      "input gradient",
      [...paths.filter((path) => inputGradients.has(path)), ...matrices],
      ofGradient,
      ofOther,
    ),
    kind("weight gradient", [...paths, ...matrices], ofCopy, ofInput),
  ];
};
