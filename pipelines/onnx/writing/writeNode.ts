/** @file Writes each node of an inference graph as ONNX nodes. */
import type { QParams } from "../../../core/qparams.ts";
import type { Window } from "../../../core/shape.ts";
import type { Shape } from "../../../core/tensor.ts";
import type {
  BatchNormNode,
  ClipNode,
  ConvNode,
  DenseNode,
  GraphNode,
  GraphWeights,
  QuantizeNode,
  SubsampleNode,
} from "../../inference/graph.ts";
import type { AttributeValue } from "../nodes.ts";
import { codeTensor, codeTypeOf, endsOfType, floatTensor, int64Tensor } from "../tensors.ts";
import {
  along,
  inWholeNumbers,
  multipliedByInverse,
  normalizedExactly,
  roundedToCodes,
  scaledSums,
  wholeWeights,
} from "./exactNodes.ts";
import { asImage, asRow, type GraphWriter, inFloat32, type Placed } from "./graphWriter.ts";
import { convWeights, denseWeights, type Order, ordered, sameOrder } from "./layouts.ts";

/** An input of a node: its position in the graph, and its shape [H, W, C] in Rangeflow. */
export interface Input {
  readonly placed: Placed;
  readonly shape: Shape;
}

/** Bounds of a `Clip`. Infinite ones are left out. */
const clipEnds = ({ constant }: GraphWriter, name: string, lo: number, hi: number): readonly string[] =>
  [
    ["min", lo],
    ["max", hi],
  ].map(([end, value]) =>
    Number.isFinite(value)
      ? constant(floatTensor(`${name}_${end}`, [], Float32Array.of(value as number)))
      : "",
  );

const rectified = (writer: GraphWriter, { name, lo, hi }: ClipNode, x: Placed): Placed => {
  if (lo === 0 && hi === Number.POSITIVE_INFINITY) writer.add("Relu", [x.name], name);
  else writer.add("Clip", [x.name, ...clipEnds(writer, name, lo, hi)], name);
  return { ...x, name };
};

/**
 * Bits of the stored type of activation codes, whatever their grid: optimizers of onnxruntime move narrower codes to where no operator
 * takes them.
 */
const storedBits = 8;

/**
 * Codes of a value, int8. If the grid is smaller than the type, such as the narrow grid from -127 to 127 or a 4-bit grid, a preceding
 * `Clip` limits values to the grid, because `QuantizeLinear` clips to the type.
 */
const quantized = (writer: GraphWriter, node: QuantizeNode, input: Placed): Placed => {
  const x = inFloat32(writer, input);
  const { name, params } = node;
  const { qmin, qmax } = params;
  const codes = { ...params, bits: storedBits };
  const isExact = writer.form === "exact";
  const [unit, zeroPoint] = [isExact ? 1 : params.scale[0]!, params.zeroPoint[0]!];
  const [least, greatest] = endsOfType(codeTypeOf(storedBits));
  const lo = qmin === least ? Number.NEGATIVE_INFINITY : unit * (qmin - zeroPoint);
  const hi = qmax === greatest ? Number.POSITIVE_INFINITY : unit * (qmax - zeroPoint);
  const from = isExact ? multipliedByInverse(writer, node, x) : x.name;
  const clipped =
    qmin === least && qmax === greatest
      ? from
      : writer.add("Clip", [from, ...clipEnds(writer, name, lo, hi)], `${name}_clipped`);
  if (isExact) roundedToCodes(writer, name, codes, clipped);
  else
    writer.add("QuantizeLinear", [clipped, writer.scale(name, codes), writer.zeroPoint(name, codes)], name);
  return { ...x, name, codes };
};

/** Name of a parameter in PyTorch: `layer1.block1.conv1.weight`. */
export const parameterName = (layer: string, field: string): string =>
  `${layer.replaceAll("/", ".")}.${field}`;

/** Weights in the order of ONNX. Codes are stored as `NAME_quantized`, as onnxruntime's quantizer does, and dequantized. */
const weightInput = (
  writer: GraphWriter,
  name: string,
  weights: GraphWeights,
  shape: Shape,
  arranged: <T extends Float32Array | Int8Array>(values: T) => T,
): string => {
  const path = parameterName(name, "weight");
  if (weights.kind === "float32") return writer.constant(floatTensor(path, shape, arranged(weights.values)));
  const { params, codes } = weights;
  const stored = writer.constant(codeTensor(`${path}_quantized`, shape, arranged(codes), params.bits));
  if (writer.form === "exact") return wholeWeights(writer, path, stored, params);
  const attributes = params.scale.length === 1 ? {} : { axis: 0 };
  return writer.add(
    "DequantizeLinear",
    [stored, writer.scale(path, params), writer.zeroPoint(path, params)],
    path,
    attributes,
  );
};

const biasInput = (writer: GraphWriter, { name, bias }: ConvNode | DenseNode): readonly string[] =>
  bias ? [writer.constant(floatTensor(parameterName(name, "bias"), [bias.length], bias))] : [];

const windowAttributes = ({
  kernelHeight,
  kernelWidth,
  stride,
  padding,
}: Window): Readonly<Record<string, AttributeValue>> => ({
  kernel_shape: [kernelHeight, kernelWidth],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});

/** Grid of the codes that a layer multiplies in the form `exact`; undefined if it multiplies float32. */
const wholeGrid = (writer: GraphWriter, { weights }: ConvNode | DenseNode, { codes }: Placed) =>
  writer.form === "exact" && weights.kind === "codes" ? codes : undefined;

/** The product of a layer, with its bias. */
const multiplied = (
  writer: GraphWriter,
  node: ConvNode | DenseNode,
  { opType, rank }: { readonly opType: string; readonly rank: Placed["rank"] },
  [x, w]: readonly [x: string, w: string],
  attributes: Readonly<Record<string, AttributeValue>>,
  grid: QParams | undefined,
): Placed => {
  const { name } = node;
  if (grid === undefined) {
    const { weights, bias } = node;
    const isApart = writer.hasBiasesApart && weights.kind === "codes" && bias !== undefined;
    const inputs = [x, w, ...(isApart ? [] : biasInput(writer, node))];
    const product = writer.add(opType, inputs, isApart ? `${name}_product` : name, attributes);
    if (isApart) writer.add("Add", [product, along(writer, parameterName(name, "bias"), bias, rank)], name);
    return { name, rank };
  }
  return scaledSums(writer, node, writer.add(opType, [x, w], `${name}_sums`, attributes), grid, rank);
};

const convolution = (writer: GraphWriter, node: ConvNode, { placed, shape }: Input): Placed => {
  const { name, weights, conv } = node;
  const grid = wholeGrid(writer, node, placed);
  const image = asImage(writer, placed, shape);
  const x = grid ? inWholeNumbers(writer, image) : inFloat32(writer, image);
  const sides = [conv.outChannels, conv.inChannels / conv.groups, conv.kernelHeight, conv.kernelWidth];
  const w = weightInput(writer, name, weights, sides, (values) => convWeights(values, conv));
  const attributes = { ...windowAttributes(conv), group: conv.groups };
  return multiplied(writer, node, { opType: "Conv", rank: 4 }, [x.name, w], attributes, grid);
};

const dense = (writer: GraphWriter, node: DenseNode, { placed, shape }: Input): Placed => {
  const { name, weights, conv } = node;
  const grid = wholeGrid(writer, node, placed);
  const row = asRow(writer, placed, shape);
  const x = grid ? inWholeNumbers(writer, row) : inFloat32(writer, row);
  const columns = conv.inChannels * conv.kernelHeight * conv.kernelWidth;
  const w = weightInput(writer, name, weights, [conv.outChannels, columns], (values) =>
    denseWeights(values, x.order),
  );
  return multiplied(writer, node, { opType: "Gemm", rank: 2 }, [x.name, w], { transB: 1 }, grid);
};

const normalized = (writer: GraphWriter, node: BatchNormNode, input: Placed): Placed => {
  if (writer.form === "exact") return normalizedExactly(writer, node, input);
  const x = inFloat32(writer, input);
  const vector = (of: string, values: Float32Array): string =>
    writer.constant(floatTensor(parameterName(node.name, of), [values.length], ordered(values, x.order)));
  const { name, scale, shift, runningMean, runningVariance, epsilon } = node;
  const parameters = [
    vector("weight", scale),
    vector("bias", shift),
    vector("running_mean", runningMean),
    vector("running_var", runningVariance),
  ];
  writer.add("BatchNormalization", [x.name, ...parameters], name, { epsilon: { float: epsilon } });
  return { ...x, name };
};

const times = (writer: GraphWriter, name: string, factor: number, input: Placed): Placed => {
  const x = inFloat32(writer, input);
  const by = writer.constant(floatTensor(`${name}_factor`, [], Float32Array.of(factor)));
  writer.add("Mul", [x.name, by], name);
  return { ...x, name };
};

/** An image in float32. */
const floatImage = (writer: GraphWriter, { placed, shape }: Input): Placed =>
  inFloat32(writer, asImage(writer, placed, shape));

const pooled = (writer: GraphWriter, node: GraphNode & { readonly window: Window }, input: Input) => {
  const { op, name, window } = node;
  const { shape } = input;
  const x = floatImage(writer, input);
  const isGlobal =
    window.kernelHeight === shape[0] && window.kernelWidth === shape[1] && window.padding === 0;
  if (op === "averagePool" && isGlobal) writer.add("GlobalAveragePool", [x.name], name);
  else if (op === "averagePool")
    writer.add("AveragePool", [x.name], name, { ...windowAttributes(window), count_include_pad: 1 });
  else writer.add("MaxPool", [x.name], name, windowAttributes(window));
  return { name, rank: 4 } as const;
};

/** Values as images, or as rows if all of them are rows of the same order. */
const alike = (writer: GraphWriter, inputs: readonly Input[]): readonly Placed[] => {
  const values = inputs.map(({ placed }) => inFloat32(writer, placed));
  const order: Order | undefined = values[0]?.order;
  if (values.every((one) => one.rank === 2 && sameOrder(one.order, order))) return values;
  return inputs.map((input) => floatImage(writer, input));
};

const added = (writer: GraphWriter, name: string, inputs: readonly Input[]): Placed => {
  const values = alike(writer, inputs);
  writer.add(
    "Add",
    values.map((value) => value.name),
    name,
  );
  return { ...values[0]!, name };
};

const joined = (writer: GraphWriter, name: string, inputs: readonly Input[]): Placed => {
  const values = inputs.map((input) => floatImage(writer, input));
  writer.add(
    "Concat",
    values.map((value) => value.name),
    name,
    { axis: 1 },
  );
  return { name, rank: 4 };
};

const subsampled = (writer: GraphWriter, node: SubsampleNode, input: Input): Placed => {
  const { name, stride, before } = node;
  const { shape } = input;
  const x = floatImage(writer, input);
  const behind = node.shape[2]! - before - shape[2]!;
  const isPadded = before > 0 || behind > 0;
  const list = (of: string, values: readonly number[]): string =>
    writer.constant(int64Tensor(`${name}_${of}`, values));
  const sliced = isPadded ? `${name}_sliced` : name;
  const [starts, ends] = [list("starts", [0, 0]), list("ends", [shape[0]!, shape[1]!])];
  writer.add("Slice", [x.name, starts, ends, list("axes", [2, 3]), list("steps", [stride, stride])], sliced);
  if (isPadded) writer.add("Pad", [sliced, list("pads", [0, before, 0, 0, 0, behind, 0, 0])], name);
  return { name, rank: 4 };
};

/** Adds the ONNX nodes for a node of the inference graph, and returns the position of its value. */
export const writeNode = (writer: GraphWriter, node: GraphNode, inputs: readonly Input[]): Placed => {
  const input = inputs[0]!;
  switch (node.op) {
    case "quantize":
      return quantized(writer, node, input.placed);
    case "dequantize":
      return inFloat32(writer, input.placed);
    case "conv":
      return convolution(writer, node, input);
    case "dense":
      return dense(writer, node, input);
    case "batchNorm":
      return normalized(writer, node, input.placed);
    case "clip":
      return rectified(writer, node, inFloat32(writer, input.placed));
    case "scaled":
      return times(writer, node.name, node.factor, input.placed);
    case "maxPool":
    case "averagePool":
      return pooled(writer, node, input);
    case "flatten":
      return asRow(writer, input.placed, input.shape);
    case "add":
      return added(writer, node.name, inputs);
    case "concat":
      return joined(writer, node.name, inputs);
    case "subsample":
      return subsampled(writer, node, input);
    case "pixelShuffle":
      writer.add("DepthToSpace", [floatImage(writer, input).name], node.name, {
        blocksize: node.factor,
        mode: "DCR",
      });
      return { name: node.name, rank: 4 };
  }
};
