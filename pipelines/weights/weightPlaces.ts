/** @file The parameters of a network as weights files store them: PyTorch's shapes and orders, and how they differ from Rangeflow's. */

import type { ConvShape } from "../../core/shape.ts";
import type { Parameter } from "../../core/signal.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type { LayerNote, Note } from "../../operators/module/notes.ts";

/** A parameter whose values a file may contain. */
export interface WeightPlace {
  /** Its path, such as `layer1/block1/conv1/weight`, relative to the scope that the network was built in. */
  readonly path: string;
  readonly kind: Parameter["kind"];
  readonly shape: Shape;
  /** Shapes that PyTorch may use for it, the usual one first. */
  readonly theirShapes: readonly Shape[];
  /** [outer, H, W, C] in Rangeflow's order. PyTorch's has C before H and W. */
  readonly order: Shape;
  /** [f, f, C] if the outer dimension has that order in Rangeflow, and C first in PyTorch: for a convolution before a pixel shuffle. */
  readonly shuffled?: Shape;
  /** The convolution, if it is the kernel of one. */
  readonly conv?: ConvShape;
  /** Epsilon added to the variance, if it belongs to a normalization. */
  readonly epsilon?: number;
}

/** Kinds of parameters that belong to networks. All others belong to optimizers, quantizers and losses. */
const kinds: readonly Parameter["kind"][] = ["weight", "bias", "normalization", "statistic"];

/** Facts about the layer of a parameter. */
interface Layer {
  readonly isDense: boolean;
  /** [H, W, C] of the image that was flattened before it, if any. */
  readonly flattened: Shape | undefined;
  /** The convolution, if it is one over an image. */
  readonly conv?: ConvShape;
  /** Epsilon added to the variance, if it is a batch normalization. */
  readonly epsilon?: number;
  /** [f, f, C] if its f * f * C output channels are shuffled to pixels. */
  shuffled?: Shape;
}

/** Facts found on the way to a layer that decide the order of its channels. */
interface Way {
  readonly flattened: Shape | undefined;
  /** The last convolution and the layers after it that keep its channels. */
  readonly sameChannels: readonly Layer[];
}

const unknownLayer: Layer = { isDense: false, flattened: undefined };

const start: Way = { flattened: undefined, sameChannels: [] };

/** The way after a layer, ignoring what is inside it. */
const behind = ({ kind, inShape, options }: LayerNote, layer: Layer, way: Way): Way => {
  switch (kind) {
    case "flatten":
      return { flattened: inShape, sameChannels: [] };
    case "conv2d":
      return { flattened: undefined, sameChannels: [layer] };
    case "pixelShuffle": {
      const { factor } = options as { readonly factor: number };
      const channels = (inShape?.[2] as number) / factor ** 2;
      for (const one of way.sameChannels) one.shuffled = [factor, factor, channels];
      return { ...way, sameChannels: [] };
    }
    default:
      return { ...way, sameChannels: [...way.sameChannels, layer] };
  }
};

/** Notes layers by path, in network order. Branches start with the input common to all of them. */
const noteLayers = (notes: readonly LayerNote[], found: Map<string, Layer>, before: Way): Way => {
  let way = before;
  for (const note of notes) {
    const isDense = note.as === "dense";
    const isConv = note.kind === "conv2d" && !isDense;
    const conv = isConv ? (note.options as unknown as ConvShape) : undefined;
    const epsilon =
      note.kind === "batchNorm" ? (note.options as { readonly epsilon: number }).epsilon : undefined;
    const layer: Layer = {
      ...{ isDense, flattened: way.flattened },
      ...(conv && { conv }),
      ...(epsilon !== undefined && { epsilon }),
    };
    if (note.kind !== undefined && note.path !== "" && !found.has(note.path)) found.set(note.path, layer);
    const from = { ...way, sameChannels: [] };
    const ends = note.within.map((inner) => noteLayers([inner], found, from));
    way = ends[0] === undefined ? behind(note, layer, way) : { ...ends[0], sameChannels: [] };
  }
  return way;
};

/** Path of a parameter's layer, and the name of the parameter in it. */
export const layerAndField = (path: string): readonly [layer: string, field: string] => {
  const at = path.lastIndexOf("/");
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
};

const orderOf = (
  { shape }: Parameter["value"],
  { flattened, shuffled }: Pick<Layer, "flattened" | "shuffled">,
): Shape => {
  const inner = shape.slice(1);
  if (shape.length === 4)
    return [shape[0] as number, ...(flattened && sizeOf(flattened) === sizeOf(inner) ? flattened : inner)];
  const image = [flattened, shuffled].find((image) => image && sizeOf(image) === sizeOf(shape));
  return [1, ...(image ?? [1, 1, sizeOf(shape)])];
};

const shapesOf = (shape: Shape, order: Shape, isDense: boolean): readonly Shape[] => {
  if (shape.length !== 4) return [shape];
  const [o, h, w, i] = (isDense ? order : shape) as [number, number, number, number];
  const kernel = [o, i, h, w];
  const matrix = [o, h * w * i];
  if (isDense) return [matrix, kernel, [...matrix, 1, 1]];
  return h * w === 1 ? [kernel, matrix] : [kernel];
};

/**
 * The parameters of a network that weights files contain.
 *
 * @param parameters parameters of its plan, as `plannedModel` returns them
 * @param notes notes of its modules
 * @param root path of the scope that it was built in
 */
export const weightPlaces = (
  parameters: readonly Parameter[],
  notes: readonly Note[],
  root = "",
): readonly WeightPlace[] => {
  const layers = new Map<string, Layer>();
  noteLayers(
    notes.filter((note) => note._tag === "Layer"),
    layers,
    start,
  );
  return parameters
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ path, kind, value }): WeightPlace => {
      const { isDense, ...layer } = layers.get(layerAndField(path)[0]) ?? unknownLayer;
      const order = orderOf(value, layer);
      const { shape } = value;
      const own = root === "" ? path : path.slice(root.length + 1);
      const { shuffled, conv, epsilon } = layer;
      const place = {
        ...{ path: own, kind, shape, theirShapes: shapesOf(shape, order, isDense), order },
        ...(epsilon !== undefined && { epsilon }),
      };
      return shape.length === 4 ? { ...place, ...(shuffled && { shuffled }), ...(conv && { conv }) } : place;
    });
};

/**
 * Numbers in the other order.
 *
 * @param isOurs whether they are in Rangeflow's order, and not in PyTorch's
 */
const reordered = (
  { order, shuffled = [1, 1, 1] }: Pick<WeightPlace, "order" | "shuffled">,
  from: Float32Array,
  isOurs: boolean,
): Float32Array => {
  const [outer, height, width, channels] = order as [number, number, number, number];
  const pixels = height * width;
  const outerPixels = (shuffled[0] as number) * (shuffled[1] as number);
  const outerChannels = outer / outerPixels;
  const to = new Float32Array(from.length);
  for (let o = 0; o < outer; o++) {
    const ours = o * channels * pixels;
    const theirs = ((o % outerChannels) * outerPixels + Math.floor(o / outerChannels)) * channels * pixels;
    for (let p = 0; p < pixels; p++)
      for (let c = 0; c < channels; c++) {
        const i = ours + p * channels + c;
        const j = theirs + c * pixels + p;
        if (isOurs) to[j] = from[i] as number;
        else to[i] = from[j] as number;
      }
  }
  return to;
};

/** Converts numbers from PyTorch's order to Rangeflow's. */
export const fromTheirs = (place: WeightPlace, theirs: Float32Array): Float32Array =>
  reordered(place, theirs, false);

/** Converts numbers from Rangeflow's order to PyTorch's. */
export const toTheirs = (place: WeightPlace, ours: Float32Array): Float32Array =>
  reordered(place, ours, true);
