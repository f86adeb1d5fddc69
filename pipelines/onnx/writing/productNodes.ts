/** @file Writes convolutions and dense layers as ONNX nodes. */
import type { QParams } from "../../../core/qparams.ts";
import type { Window } from "../../../core/shape.ts";
import type { Shape } from "../../../core/tensor.ts";
import type { ConvNode, DenseNode, GraphWeights } from "../../inference/graph.ts";
import type { AttributeValue } from "../nodes.ts";
import { codeTensor, floatTensor } from "../tensors.ts";
import { along, inWholeNumbers, scaledSums, wholeWeights } from "./exactNodes.ts";
import { asImage, asRow, type GraphWriter, type Input, inFloat32, type Placed } from "./graphWriter.ts";
import { convWeights, denseWeights } from "./layouts.ts";

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

/** Attributes of a sliding window. */
export const windowAttributes = ({
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

export const convolution = (writer: GraphWriter, node: ConvNode, { placed, shape }: Input): Placed => {
  const { name, weights, conv } = node;
  const grid = wholeGrid(writer, node, placed);
  const image = asImage(writer, placed, shape);
  const x = grid ? inWholeNumbers(writer, image) : inFloat32(writer, image);
  const sides = [conv.outChannels, conv.inChannels / conv.groups, conv.kernelHeight, conv.kernelWidth];
  const w = weightInput(writer, name, weights, sides, (values) => convWeights(values, conv));
  const attributes = { ...windowAttributes(conv), group: conv.groups };
  return multiplied(writer, node, { opType: "Conv", rank: 4 }, [x.name, w], attributes, grid);
};

export const dense = (writer: GraphWriter, node: DenseNode, { placed, shape }: Input): Placed => {
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
