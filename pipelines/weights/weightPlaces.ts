/** @file The parameters of a network as files of weights have them: shapes and orders of PyTorch, and where they differ from ours. */
import type { Parameter } from "../../core/signal.ts";
import { type Shape, sizeOf } from "../../core/tensor.ts";
import type { LayerNote, Note } from "../../operators/module/notes.ts";

/** A parameter whose values a file may hold. */
export interface WeightPlace {
  /** Its path, such as `layer1/block1/conv1/weight`, without that of the scope that the network was built in. */
  readonly path: string;
  readonly kind: Parameter["kind"];
  readonly shape: Shape;
  /** Shapes that PyTorch may have for it, the usual one first. */
  readonly theirShapes: readonly Shape[];
  /** [outer, H, W, C]: ours is in this order, PyTorch's has C in front of H and W. */
  readonly order: Shape;
}

/** Kinds of parameters that a network brings along; all others are those of optimizers, quantizers and losses. */
const kinds: readonly Parameter["kind"][] = ["weight", "bias", "normalization", "statistic"];

/** What is known of the layer of a parameter. */
interface Layer {
  readonly isDense: boolean;
  /** [H, W, C] of the image that was flattened in front of it, if any was. */
  readonly flattened: Shape | undefined;
}

/** The image whose flattening decides the order of channels behind a layer, if there is one. */
const flattenedBehind = ({ kind, inShape }: LayerNote, before: Shape | undefined): Shape | undefined => {
  if (kind === "flatten") return inShape;
  return kind === "conv2d" ? undefined : before;
};

/** Layers by path, in the order of the network; branches begin with what comes into all of them. */
const layersIn = (
  notes: readonly LayerNote[],
  found: Map<string, Layer>,
  before?: Shape,
): Shape | undefined => {
  let flattened = before;
  for (const note of notes) {
    if (note.kind !== undefined && note.path !== "" && !found.has(note.path))
      found.set(note.path, { isDense: note.as === "dense", flattened });
    const within = note.within.map((inner) => layersIn([inner], found, flattened));
    flattened = flattenedBehind(note, within.length > 0 ? within[0] : flattened);
  }
  return flattened;
};

/** The path of the layer of a parameter, and what the parameter is called there. */
export const layerAndField = (path: string): readonly [layer: string, field: string] => {
  const at = path.lastIndexOf("/");
  return [path.slice(0, Math.max(at, 0)), path.slice(at + 1)];
};

const orderOf = ({ shape }: Parameter["value"], flattened: Shape | undefined): Shape => {
  const inner = shape.slice(1);
  if (shape.length === 4)
    return [shape[0] as number, ...(flattened && sizeOf(flattened) === sizeOf(inner) ? flattened : inner)];
  return flattened && sizeOf(flattened) === sizeOf(shape) ? [1, ...flattened] : [1, 1, 1, sizeOf(shape)];
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
 * The parameters of a network that files of weights hold.
 *
 * @param parameters of its plan, as `plannedModel` gives them
 * @param notes of its modules
 * @param root path of the scope that it was built in
 */
export const weightPlaces = (
  parameters: readonly Parameter[],
  notes: readonly Note[],
  root = "",
): readonly WeightPlace[] => {
  const layers = new Map<string, Layer>();
  layersIn(
    notes.filter((note) => note._tag === "Layer"),
    layers,
  );
  return parameters
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ path, kind, value }): WeightPlace => {
      const { isDense = false, flattened } = layers.get(layerAndField(path)[0]) ?? {};
      const order = orderOf(value, flattened);
      const { shape } = value;
      const own = root === "" ? path : path.slice(root.length + 1);
      return { path: own, kind, shape, theirShapes: shapesOf(shape, order, isDense), order };
    });
};

/** Calls `copy` with the place of each number in our order and in PyTorch's. */
const eachPlace = (order: Shape, copy: (ours: number, theirs: number) => void): void => {
  const [outer, height, width, channels] = order as [number, number, number, number];
  const pixels = height * width;
  for (let o = 0; o < outer; o++)
    for (let p = 0; p < pixels; p++)
      for (let c = 0; c < channels; c++)
        copy((o * pixels + p) * channels + c, (o * channels + c) * pixels + p);
};

/** Numbers in PyTorch's order, in ours. */
export const fromTheirs = ({ order }: WeightPlace, theirs: Float32Array): Float32Array => {
  const ours = new Float32Array(theirs.length);
  eachPlace(order, (to, from) => {
    ours[to] = theirs[from] as number;
  });
  return ours;
};

/** Numbers in our order, in PyTorch's. */
export const toTheirs = ({ order }: WeightPlace, ours: Float32Array): Float32Array => {
  const theirs = new Float32Array(ours.length);
  eachPlace(order, (from, to) => {
    theirs[to] = ours[from] as number;
  });
  return theirs;
};
