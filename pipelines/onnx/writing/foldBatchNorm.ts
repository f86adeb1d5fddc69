/** @file Folds batch normalization into the preceding layer, a convolution that then has other scales and another bias. */
import type { QParams } from "../../../core/qparams.ts";
import type { BatchNormNode, ConvNode, DenseNode, GraphNode, GraphWeights } from "../../inference/graph.ts";
import { codeTypeOf, endsOfType } from "../tensors.ts";

type Weighted = ConvNode | DenseNode;

/** Smaller scales would be 0 or lose digits in float32. */
const leastScale = 2 ** -126;

/** Whether all codes and the zero point can be negated in their stored type. */
const areNegatable = (codes: Int8Array, zeroPoint: number, bits: number): boolean => {
  const [least] = endsOfType(codeTypeOf(bits));
  return zeroPoint !== least && !codes.includes(least);
};

/** Bounds of a grid whose codes are negated in some channels, limited to their type. */
const bothSigns = ({ qmin, qmax, bits }: QParams): Pick<QParams, "qmin" | "qmax"> => {
  const [least, greatest] = endsOfType(codeTypeOf(bits));
  return {
    qmin: Math.max(Math.min(qmin, -qmax), least),
    qmax: Math.min(Math.max(qmax, -qmin), greatest),
  };
};

/**
 * Weights times the gain of their output channel. The gain becomes part of the channel's scale, so codes stay as they are. A negative
 * gain negates them, because scales are positive; a gain of 0 leaves none.
 *
 *     scale'[o] = scale[o] |gain[o]|,   code' - zeroPoint' = sign(gain[o]) (code - zeroPoint)
 *
 * @returns undefined if a code would have to be negated that has no opposite, such as -128
 */
const timesGain = (weights: GraphWeights, gain: Float32Array): GraphWeights | undefined => {
  const size = (weights.kind === "codes" ? weights.codes : weights.values).length / gain.length;
  const channelOf = (i: number): number => Math.floor(i / size);
  if (weights.kind === "float32")
    return { ...weights, values: weights.values.map((value, i) => value * gain[channelOf(i)]!) };
  const { params } = weights;
  const at = (o: number): number => (params.scale.length === 1 ? 0 : o);
  const scale = gain.map((one, o) => params.scale[at(o)]! * Math.abs(one));
  const zeroPoint = new Int32Array(gain.length);
  const codes = weights.codes.slice();
  for (let o = 0; o < gain.length; o++) {
    const own = codes.subarray(o * size, (o + 1) * size);
    const zero = params.zeroPoint[at(o)]!;
    zeroPoint[o] = zero;
    if (scale[o]! < leastScale) {
      scale[o] = 1;
      own.fill(zero);
    } else if (gain[o]! < 0) {
      if (!areNegatable(own, zero, params.bits)) return undefined;
      own.forEach((code, i) => {
        own[i] = -code;
      });
      zeroPoint[o] = -zero;
    }
  }
  const ends = gain.some((one) => one < 0) ? bothSigns(params) : {};
  return { ...weights, codes, params: { ...params, ...ends, scale, zeroPoint } };
};

/** A layer that computes what it and the following normalization computed. */
const folded = (layer: Weighted, { mean, gain, offset }: BatchNormNode): Weighted | undefined => {
  const weights = timesGain(layer.weights, gain);
  const bias = offset.map((one, o) => ((layer.bias?.[o] ?? 0) - mean[o]!) * gain[o]! + one);
  return weights && { ...layer, weights, bias };
};

/**
 * The nodes of a graph, with every batch normalization folded into the convolution or dense layer whose output nothing else uses. In
 * exact arithmetic it is the same network; in float32 sums are rounded elsewhere. Weights per tensor become weights per channel.
 *
 * @returns nodes without such a layer unchanged, and those where a negative gain would negate a code without an opposite
 */
export const foldBatchNorm = (nodes: readonly GraphNode[]): readonly GraphNode[] => {
  const readers = new Map<string, number>();
  for (const { inputs } of nodes)
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  /** Names of folded normalizations, with those of the layers that replace them. */
  const renamed = new Map<string, string>();
  const made = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (node.op !== "batchNorm") continue;
    const before = byName.get(node.inputs[0]!);
    if (before === undefined || (before.op !== "conv" && before.op !== "dense")) continue;
    if (readers.get(before.name) !== 1) continue;
    const one = folded(before, node);
    if (one === undefined) continue;
    renamed.set(node.name, before.name);
    made.set(before.name, one);
  }
  return nodes
    .filter(({ name }) => !renamed.has(name))
    .map((node) => made.get(node.name) ?? node)
    .map((node) => ({ ...node, inputs: node.inputs.map((name) => renamed.get(name) ?? name) }));
};
