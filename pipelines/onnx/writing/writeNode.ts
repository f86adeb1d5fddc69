import type { Window } from "../../../core/shape.ts";
import type {
  BatchNormNode,
  ClipNode,
  GraphNode,
  QuantizeNode,
  SubsampleNode,
} from "../../inference/graph.ts";
import { codeTypeOf, endsOfType, floatTensor, int64Tensor } from "../tensors.ts";
import { gelu, matrixProduct, setNormalized, softmaxed, withPositions } from "./attentionNodes.ts";
import { multipliedByInverse, normalizedExactly, roundedToCodes } from "./exactNodes.ts";
import { asImage, asRow, type GraphWriter, type Input, inFloat32, type Placed } from "./graphWriter.ts";
import { type Order, ordered, sameOrder } from "./layouts.ts";
import { convolution, dense, parameterName, windowAttributes } from "./productNodes.ts";

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
    case "setNorm":
      return setNormalized(writer, node, input);
    case "softmax":
      return softmaxed(writer, node, input);
    case "positions":
      return withPositions(writer, node, input);
    case "gelu":
      return gelu(writer, node, input.placed);
    case "matmul":
      return matrixProduct(writer, node, inputs as readonly [Input, Input]);
    case "pixelShuffle":
      writer.add("DepthToSpace", [floatImage(writer, input).name], node.name, {
        blocksize: node.factor,
        mode: "DCR",
      });
      return { name: node.name, rank: 4 };
  }
};
