import type { FlattenNode, GraphNode, MaxPoolNode, QuantizeNode } from "../inference/graph.ts";

/** Layers that commute with quantization: they give the same result on codes, because rounding and clipping preserve order. */
const isKeptByCodes = (node: GraphNode | undefined): node is MaxPoolNode | FlattenNode =>
  node?.op === "maxPool" || node?.op === "flatten";

/** A quantizer with the layer before it, if that can be moved after it. */
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
 * The same graph with quantizers as early as possible: before max pooling and `flatten`, which then operate on codes, with a quarter of
 * the memory. Values with the name of a site still have its codes.
 *
 *     x -> maxPool -> quantize "conv2/input"   becomes   x -> quantize -> maxPool "conv2/input"
 */
export const quantizeFirst = (nodes: readonly GraphNode[]): readonly GraphNode[] => {
  const pair = pairIn(nodes);
  if (pair === undefined) return nodes;
  const [layer, quantizer] = pair;
  const [x] = layer.inputs as readonly [string];
  const shape = nodes.find(({ name }) => name === x)?.shape;
  // The image itself is not a node. A quantizer cannot be moved before it.
  if (shape === undefined) return nodes;
  const early: QuantizeNode = { ...quantizer, name: `${quantizer.name}/${layer.op}`, inputs: [x], shape };
  const late: GraphNode = { ...layer, name: quantizer.name, inputs: [early.name] };
  return quantizeFirst(
    nodes.flatMap((node) => (node === layer ? [early] : node === quantizer ? [late] : [node])),
  );
};
