import type { FlattenNode, GraphNode, MaxPoolNode, QuantizeNode } from "../inference/graph.ts";

/** Layers that give of codes what they give of the numbers that those stand for: rounding and clipping keep the order of numbers. */
const isKeptByCodes = (node: GraphNode | undefined): node is MaxPoolNode | FlattenNode =>
  node?.op === "maxPool" || node?.op === "flatten";

/** One quantizer with the layer in front of it, if that is to go behind it. */
const pairIn = (
  nodes: readonly GraphNode[],
): readonly [layer: MaxPoolNode | FlattenNode, quantizer: QuantizeNode] | undefined => {
  for (const quantizer of nodes) {
    if (quantizer.op !== "quantize") continue;
    const [input] = quantizer.inputs;
    const before = nodes.find(({ name }) => name === input);
    const readers = nodes.filter(({ inputs }) => inputs.includes(input as string));
    if (isKeptByCodes(before) && readers.length === 1) return [before, quantizer];
  }
  return undefined;
};

/**
 * The same codes with quantizers as early as they can be: in front of maxima and of `flatten`, which then take codes, a quarter of the memory.
 * What had the name of a site still has its codes.
 *
 *     x -> maxPool -> quantize "conv2/input"   becomes   x -> quantize -> maxPool "conv2/input"
 */
export const quantizeFirst = (nodes: readonly GraphNode[]): readonly GraphNode[] => {
  const pair = pairIn(nodes);
  if (pair === undefined) return nodes;
  const [layer, quantizer] = pair;
  const [x] = layer.inputs as readonly [string];
  const shape = nodes.find(({ name }) => name === x)?.shape;
  // The image itself is no node; what its quantizer would go before is left alone.
  if (shape === undefined) return nodes;
  const early: QuantizeNode = { ...quantizer, name: `${quantizer.name}/${layer.op}`, inputs: [x], shape };
  const late: GraphNode = { ...layer, name: quantizer.name, inputs: [early.name] };
  return quantizeFirst(
    nodes.flatMap((node) => (node === layer ? [early] : node === quantizer ? [late] : [node])),
  );
};
