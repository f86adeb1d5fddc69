/** @file Converts the notes of a network's layers to the nodes of a graph. */
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { type ConvShape, outputShape, subsampled, type Window } from "../../core/shape.ts";
import { square } from "../../core/square.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import { normalization } from "../../operators/layers/batchNorm.ts";
import { identity } from "../../operators/module/identity.ts";
import { joined } from "../../operators/module/module.ts";
import type { LayerNote } from "../../operators/module/notes.ts";
import { type GraphNode, imageName } from "./graph.ts";
import {
  asFloat32,
  type Builder,
  freeName,
  type Make,
  type NetworkFacts,
  nameOf,
  parameter,
  put,
  single,
  type Value,
} from "./graphBuilder.ts";
import { float32Weights, graphWeights } from "./graphWeights.ts";
import { hostLayers } from "./hostLayers.ts";

const imagesOf = (shape: Shape): Shape => [1, ...shape];

const conv2d: Make = ({ path, options }, x, builder) => {
  const { bias: hasBias } = options;
  const conv = options as unknown as ConvShape;
  const value = builder.parameters.get(`${path}/weight`);
  if (value === undefined) throw internal(`no weights of ${path} in its network`);
  const found = graphWeights(builder.sites, `${path}/weight`, value);
  const isInteger = x.isCodes && found.kind === "codes";
  const input = isInteger ? x : asFloat32(builder, x);
  const [height, width] = x.shape;
  const isDense =
    conv.padding === 0 && conv.groups === 1 && conv.kernelHeight === height && conv.kernelWidth === width;
  return put(builder, {
    op: isDense ? "dense" : "conv",
    name: freeName(builder, path),
    inputs: [input.name],
    shape: outputShape(imagesOf(x.shape), conv, conv.outChannels).slice(1),
    weights: isInteger ? found : float32Weights(found),
    bias: hasBias ? parameter(builder, `${path}/bias`) : undefined,
    conv: {
      kernelHeight: conv.kernelHeight,
      kernelWidth: conv.kernelWidth,
      stride: conv.stride,
      padding: conv.padding,
      groups: conv.groups,
      inChannels: conv.inChannels,
      outChannels: conv.outChannels,
    },
  });
};

const batchNorm: Make = ({ path, options }, given, builder) => {
  const x = asFloat32(builder, given);
  const epsilon = options.epsilon as number;
  const [scale, shift, runningMean, runningVariance] = ["scale", "shift", "mean", "variance"].map((name) =>
    parameter(builder, `${path}/${name}`),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  return put(builder, {
    op: "batchNorm",
    name: freeName(builder, path),
    inputs: [x.name],
    shape: x.shape,
    ...normalization({ scale, shift, mean: runningMean, variance: runningVariance, epsilon }),
    ...{ epsilon, scale, shift, runningMean, runningVariance },
  });
};

/** A site of an activation, if it is quantized. */
const quantize: Make = ({ path, options }, given, builder) => {
  const { activation } = options;
  if (typeof activation !== "string") return given;
  const name = joined(path, activation);
  const site = builder.sites.get(name);
  if (site === undefined) return given;
  const { quantizer, params } = site;
  if (quantizer.projection || params === undefined)
    throw new RangeflowFailure(
      problem(
        name,
        `the quantizer ${quantizer.projection?.name ?? "of a kind of its own"}, whose levels are not a uniform grid`,
        "a uniform grid for each activation",
        "train with --activation-quantizer uniform, or 32 bits at this site",
      ),
    );
  if (quantizer.rounding === "stochastic")
    throw new RangeflowFailure(
      problem(
        name,
        "stochastic rounding of activations",
        "rounding to nearest, which other programs support",
        "train with a quantizer that rounds activations to nearest",
      ),
    );
  const x = asFloat32(builder, given);
  return put(builder, { op: "quantize", name, inputs: [x.name], shape: x.shape, params });
};

/** Name of a clip, by its bounds. */
const clipName = (lo: number, hi: number): string => {
  if (lo !== 0) return "clip";
  return hi === Number.POSITIVE_INFINITY ? "relu" : `relu${hi}`;
};

const pool = (op: "maxPool" | "averagePool", kind: string): Make =>
  single(kind, ({ options }, shape) => {
    const { kernelHeight, kernelWidth, stride, padding } = options as unknown as Window;
    const window = { kernelHeight, kernelWidth, stride, padding };
    return { op, shape: outputShape(imagesOf(shape), window, shape[2] as number).slice(1), window };
  });

/** Parallel branches, and the node that joins them. */
const branches =
  (op: "add" | "concat"): Make =>
  (note, x, builder) => {
    const ends = note.within.map(({ within }) => asFloat32(builder, chain(within, x, builder)));
    const [first] = ends as [Value];
    const channels = ends.reduce((sum, { shape }) => sum + (shape[2] as number), 0);
    const shape = op === "add" ? first.shape : first.shape.with(2, channels);
    return put(builder, {
      op,
      name: nameOf(builder, note, op),
      inputs: ends.map(({ name }) => name),
      shape,
    });
  };

const matmul: Make = (note, x, builder) => {
  const { name, groups, transposeOther } = note.options as {
    readonly name: string;
    readonly groups: number;
    readonly transposeOther: boolean;
  };
  const ends = note.within.map(({ within }) => chain(within, x, builder));
  const areCodes = ends.every(({ isCodes }) => isCodes);
  const operands = areCodes ? ends : ends.map((end) => asFloat32(builder, end));
  return put(builder, {
    op: "matmul",
    name: freeName(builder, joined(note.path, name)),
    inputs: operands.map((operand) => operand.name),
    shape: note.outShape as Shape,
    groups,
    transposeOther,
  });
};

const makes: Readonly<Record<string, Make>> = {
  ...hostLayers,
  matmul,
  conv2d,
  batchNorm,
  quantize,
  clip: (note, x, builder) => {
    const { lo, hi } = note.options as { readonly lo: number; readonly hi: number };
    return single(clipName(lo, hi), (_, shape) => ({ op: "clip", shape, lo, hi }))(note, x, builder);
  },
  scaled: single("scaled", ({ options }, shape) => ({
    op: "scaled",
    shape,
    factor: Math.fround(options.factor as number),
  })),
  maxPool: pool("maxPool", "maxPool"),
  averagePool: pool("averagePool", "averagePool"),
  globalAveragePool: pool("averagePool", "globalAveragePool"),
  dropout: (_, x) => x,
  flatten: single("flatten", (_, shape) => ({ op: "flatten", shape: [1, 1, sizeOf(shape)] })),
  pixelShuffle: single("pixelShuffle", ({ options }, [height, width, channels]) => {
    const factor = options.factor as number;
    return {
      op: "pixelShuffle",
      shape: [(height as number) * factor, (width as number) * factor, (channels as number) / square(factor)],
      factor,
    };
  }),
  subsample: single("subsample", ({ options }, shape) => {
    const { stride, channels } = options as { readonly stride: number; readonly channels: number };
    const before = Math.floor((channels - (shape[2] as number)) / 2);
    return {
      op: "subsample",
      shape: subsampled(imagesOf(shape), stride, channels).slice(1),
      stride,
      before,
    };
  }),
  residual: branches("add"),
  concat: branches("concat"),
};

const unknownLayer = ({ path, kind }: LayerNote): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path === "" ? "network" : path,
      kind === undefined ? "a custom layer, which does not describe what it computes" : `a layer ${kind}`,
      `layers that can be exported: ${Object.keys(makes).join(", ")}`,
      "compose it from those",
    ),
  );

/** How a layer becomes nodes; undefined for an identity. */
const makeOf = (note: LayerNote): Make | undefined => {
  if (note.make === identity()) return undefined;
  const make = note.kind === undefined ? undefined : makes[note.kind];
  if (make === undefined) throw unknownLayer(note);
  return make;
};

/** One layer after another. */
function chain(notes: readonly LayerNote[], x: Value, builder: Builder): Value {
  let value = x;
  for (const note of notes) value = makeOf(note)?.(note, value, builder) ?? value;
  return value;
}

/**
 * Refuses layers that a graph cannot express, before anything is computed.
 *
 * @throws `RangeflowFailure` that names the first of them
 */
export const checkLayers = (notes: readonly LayerNote[]): void => {
  for (const note of notes) {
    makeOf(note);
    checkLayers(note.within.flatMap((inner) => (inner.kind === "branch" ? inner.within : [])));
  }
};

/**
 * The nodes of a network, in order.
 *
 * @param notes notes of its layers, in order
 * @throws `RangeflowFailure` for a layer or a quantizer that a graph cannot express
 */
export const layerNodes = (notes: readonly LayerNote[], facts: NetworkFacts): readonly GraphNode[] => {
  const builder: Builder = { ...facts, nodes: [] };
  asFloat32(builder, chain(notes, { name: imageName, shape: facts.imageShape, isCodes: false }, builder));
  if (builder.nodes.length === 0)
    throw new RangeflowFailure(problem("network", "no layers", "a network that computes something"));
  return builder.nodes;
};
