/** @file Interpreter for `graph.ts`: slow and obvious, with the same bits as the engines. */
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { inverseScale, type QParams } from "../../core/qparams.ts";
import { roundHalfEven } from "../../core/rounding.ts";
import { longestRun } from "../../core/runs.ts";
import { inverseArea, type Window } from "../../core/shape.ts";
import { type Shape, shapeText, sizeOf } from "../../core/tensor.ts";
import { kindOf } from "../data/arrayChecks.ts";
import {
  type AveragePoolNode,
  type BatchNormNode,
  type ConvNode,
  type DenseNode,
  type GraphNode,
  type InferenceGraph,
  imageName,
  type MatmulNode,
  type MaxPoolNode,
  type QuantizeNode,
} from "./graph.ts";
import { type Factors, gelu, matrixSums, setNorm, softmax } from "./runHostNodes.ts";
import { concat, pixelShuffle, subsample } from "./runMoves.ts";

const { fround } = Math;

/** Value of a node: float32, or codes of a `quantize` node with their grid. */
interface Value {
  readonly shape: Shape;
  readonly data: Float32Array | Int8Array;
  readonly from?: QuantizeNode;
}

/** Codes of numbers on a grid with one scale, rounded to nearest. */
export const codesOf = (params: QParams, x: Float32Array): Int8Array => {
  const inverse = inverseScale(params.scale[0] as number);
  const zeroPoint = params.zeroPoint[0] as number;
  const [lo, hi] = [params.qmin - zeroPoint, params.qmax - zeroPoint];
  return Int8Array.from(x, (value) => {
    const t = fround(value * inverse);
    const n = Number.isNaN(t) ? 0 : roundHalfEven(t);
    return Math.min(Math.max(n, lo), hi) + zeroPoint;
  });
};

const dequantize = ({ params }: QuantizeNode, codes: ArrayLike<number>): Float32Array =>
  Float32Array.from(codes, (code) => (params.scale[0] as number) * (code - (params.zeroPoint[0] as number)));

/** Multiplied numbers of weights: floats, or code - zeroPoint. */
const factorsOf = ({ weights }: ConvNode | DenseNode): Float64Array => {
  if (weights.kind === "float32") return Float64Array.from(weights.values);
  const { codes, params } = weights;
  const perChannel = codes.length / params.zeroPoint.length;
  return Float64Array.from(
    codes,
    (code, i) => code - (params.zeroPoint[Math.floor(i / perChannel)] as number),
  );
};

/** Adds one product: exact for integers, rounded twice for float32. */
const multiplyAdd = (isExact: boolean, sum: number, a: number, b: number): number =>
  isExact ? sum + a * b : fround(sum + fround(a * b));

const convolve = (node: ConvNode | DenseNode, x: Value): Float32Array => {
  const { conv, shape, weights, bias } = node;
  const isExact = weights.kind === "codes";
  const { stride, padding, kernelHeight, kernelWidth } = conv;
  const [outHeight, outWidth, outChannels] = shape as [number, number, number];
  const [height, width, channels] = x.shape as [number, number, number];
  const perGroup = conv.inChannels / conv.groups;
  const outPerGroup = conv.outChannels / conv.groups;
  const w = factorsOf(node);
  const zeroPoint = isExact ? (x.from?.params.zeroPoint[0] as number) : 0;
  const scaleOf = (o: number): number => {
    if (!isExact) return 1;
    const { scale } = weights.params;
    return fround((x.from?.params.scale[0] as number) * (scale[scale.length === 1 ? 0 : o] as number));
  };
  const y = new Float32Array(sizeOf(shape));
  let at = 0;
  for (let p = 0; p < outHeight; p++)
    for (let q = 0; q < outWidth; q++)
      for (let o = 0; o < outChannels; o++) {
        const first = Math.floor(o / outPerGroup) * perGroup;
        let sum = 0;
        for (let kh = 0; kh < kernelHeight; kh++) {
          const row = p * stride + kh - padding;
          if (row < 0 || row >= height) continue;
          for (let kw = 0; kw < kernelWidth; kw++) {
            const column = q * stride + kw - padding;
            if (column < 0 || column >= width) continue;
            const xFrom = (row * width + column) * channels + first;
            const wFrom = ((o * kernelHeight + kh) * kernelWidth + kw) * perGroup;
            for (let i = 0; i < perGroup; i++)
              sum = multiplyAdd(
                isExact,
                sum,
                (x.data[xFrom + i] as number) - zeroPoint,
                w[wFrom + i] as number,
              );
          }
        }
        const scaled = isExact ? fround(fround(sum) * scaleOf(o)) : sum;
        y[at++] = bias ? scaled + (bias[o] as number) : scaled;
      }
  return y;
};

/** Elements of a window within an image, in order, for each output element. */
const windows = (
  shape: Shape,
  [outHeight, outWidth]: Shape,
  { kernelHeight, kernelWidth, stride, padding }: Window,
  reduce: (inputs: readonly number[]) => number,
): Float32Array => {
  const [height, width, channels] = shape as [number, number, number];
  const y = new Float32Array((outHeight as number) * (outWidth as number) * channels);
  let at = 0;
  for (let p = 0; p < (outHeight as number); p++)
    for (let q = 0; q < (outWidth as number); q++)
      for (let c = 0; c < channels; c++) {
        const inputs: number[] = [];
        for (let kh = 0; kh < kernelHeight; kh++)
          for (let kw = 0; kw < kernelWidth; kw++) {
            const [row, column] = [p * stride + kh - padding, q * stride + kw - padding];
            if (row >= 0 && row < height && column >= 0 && column < width)
              inputs.push((row * width + column) * channels + c);
          }
        y[at++] = reduce(inputs);
      }
  return y;
};

const largest = (x: Float32Array, inputs: readonly number[]): number =>
  inputs.reduce(
    (best, i) => ((x[i] as number) > best || Number.isNaN(x[i]) ? (x[i] as number) : best),
    x[inputs[0] as number] as number,
  );

const sumOf = (x: Float32Array, inputs: readonly number[]): number => {
  let total = 0;
  for (let from = 0; from < inputs.length; from += longestRun)
    total += inputs.slice(from, from + longestRun).reduce((sum, i) => fround(sum + (x[i] as number)), 0);
  return fround(total);
};

const maxPool = ({ window, shape }: MaxPoolNode, x: Float32Array, inShape: Shape): Float32Array =>
  windows(inShape, shape, window, (inputs) => largest(x, inputs));

const averagePool = ({ window, shape }: AveragePoolNode, x: Float32Array, inShape: Shape): Float32Array =>
  windows(inShape, shape, window, (inputs) => sumOf(x, inputs) * inverseArea(window));

const batchNorm = ({ mean, gain, offset }: BatchNormNode, x: Float32Array): Float32Array =>
  x.map((value, i) => {
    const c = i % mean.length;
    return fround(fround(value - (mean[c] as number)) * (gain[c] as number)) + (offset[c] as number);
  });

/** Multiplied numbers of a value: floats, or code - zeroPoint. */
const factors = ({ data, from, shape }: Value): Factors => ({
  values: from ? Int32Array.from(data, (code) => code - (from.params.zeroPoint[0] as number)) : data,
  shape,
});

const matmul = (node: MatmulNode, [x, other]: readonly [Value, Value]): Float32Array => {
  const isExact = x.from !== undefined && other.from !== undefined;
  const sums = matrixSums(node, factors(x), factors(other), (sum, a, b) => multiplyAdd(isExact, sum, a, b));
  if (!isExact) return Float32Array.from(sums);
  const scale = fround((x.from?.params.scale[0] as number) * (other.from?.params.scale[0] as number));
  return Float32Array.from(sums, (sum) => fround(sum) * scale);
};

const float32Of = ({ data }: Value): Float32Array => {
  if (data instanceof Float32Array) return data;
  throw internal("a graph in which float32 is computed of codes");
};

const computed = (node: GraphNode, inputs: readonly Value[]): Float32Array | Int8Array => {
  const input = inputs[0] as Value;
  if (node.op === "conv" || node.op === "dense") return convolve(node, input);
  if (node.op === "matmul") return matmul(node, inputs as readonly [Value, Value]);
  if (node.op === "dequantize") return dequantize(input.from as QuantizeNode, input.data);
  const x = float32Of(input);
  switch (node.op) {
    case "quantize":
      return codesOf(node.params, x);
    case "batchNorm":
      return batchNorm(node, x);
    case "clip":
      return x.map((value) => Math.min(Math.max(value, node.lo), node.hi));
    case "scaled":
      return x.map((value) => value * node.factor);
    case "maxPool":
      return maxPool(node, x, input.shape);
    case "averagePool":
      return averagePool(node, x, input.shape);
    case "add": {
      const other = float32Of(inputs[1] as Value);
      return x.map((value, i) => value + (other[i] as number));
    }
    case "flatten":
      return x;
    case "concat":
      return concat(node, inputs);
    case "pixelShuffle":
      return pixelShuffle(node, x, input.shape);
    case "subsample":
      return subsample(node, x, input.shape);
    case "setNorm":
      return setNorm(node, x);
    case "gelu":
      return gelu(node, x);
    case "softmax":
      return softmax(node, x);
    case "positions":
      return x.map((value, i) => value + (node.values[i] as number));
  }
};

/**
 * Computes a graph for one image: the value of every node by name, float32 numbers or codes. Equal to the bit to the evaluation of its
 * run.
 *
 * @param image [H, W, C] in row-major order, normalized as the data of the run
 * @example not run: it reads a run
 * import { builtIn } from "rangeflow";
 * import { inferenceGraph, runGraph } from "rangeflow/pipelines";
 *
 * const graph = await inferenceGraph(builtIn(), "runs/mine");
 * const values = runGraph(graph, new Float32Array(28 * 28));
 * console.log(values.get("dense3"));
 */
export const runGraph = (
  graph: InferenceGraph,
  image: Float32Array,
): ReadonlyMap<string, Float32Array | Int8Array> => {
  const isFloats = image instanceof Float32Array;
  if (!isFloats || image.length !== sizeOf(graph.imageShape))
    throw new RangeflowFailure(
      problem(
        `${graph.name}, image`,
        isFloats ? `${image.length} numbers` : kindOf(image),
        `a Float32Array of one image of ${shapeText(graph.imageShape)} (H, W, C), ${sizeOf(graph.imageShape)} numbers`,
        "predict takes several images",
      ),
    );
  const values = new Map<string, Value>([[imageName, { shape: graph.imageShape, data: image }]]);
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => values.get(name) as Value);
    const data = computed(node, inputs);
    values.set(node.name, { shape: node.shape, data, ...(node.op === "quantize" && { from: node }) });
  }
  return new Map([...values].map(([name, { data }]) => [name, data]));
};
