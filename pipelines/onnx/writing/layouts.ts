/**
 * @file Layouts: images are [N, H, W, C] in Rangeflow and [N, C, H, W] in ONNX.
 *
 * A flattened image has its elements in another order in ONNX, channel after channel, as in PyTorch. That order accompanies a value until
 * a layer with weights absorbs it into them.
 */
import type { ConvShape } from "../../../core/shape.ts";
import type { Shape } from "../../../core/tensor.ts";

/** For each element in ONNX, its index in Rangeflow's order. */
export type Order = Int32Array;

/** Order of the elements of a flattened image [H, W, C]; undefined if it is Rangeflow's. */
export const flattenedOrder = ([height, width, channels]: Shape): Order | undefined => {
  const area = height! * width!;
  if (area === 1 || channels === 1) return undefined;
  return Int32Array.from(
    { length: area * channels! },
    (_, i) => (i % area) * channels! + Math.floor(i / area),
  );
};

/** For each element in Rangeflow's order, its index in ONNX. */
export const inverseOrder = (order: Order): Order => {
  const inverse = new Int32Array(order.length);
  order.forEach((ours, i) => {
    inverse[ours] = i;
  });
  return inverse;
};

export const sameOrder = (a: Order | undefined, b: Order | undefined): boolean =>
  a === b ||
  (a !== undefined && b !== undefined && a.length === b.length && a.every((one, i) => one === b[i]));

/** Elements in the order of ONNX. */
export const ordered = <T extends Float32Array | Int8Array>(values: T, order: Order | undefined): T =>
  order === undefined ? values : (values.map((_, i) => values[order[i]!]!) as T);

/** Weights of a convolution, OHWI to OIHW. */
export const convWeights = <T extends Float32Array | Int8Array>(
  values: T,
  { outChannels, kernelHeight, kernelWidth, inChannels, groups }: ConvShape,
): T => {
  const channels = inChannels / groups;
  const area = kernelHeight * kernelWidth;
  const to = values.slice() as T;
  for (let o = 0; o < outChannels; o++)
    for (let k = 0; k < area; k++)
      for (let i = 0; i < channels; i++)
        to[(o * channels + i) * area + k] = values[(o * area + k) * channels + i]!;
  return to;
};

/** Weights of a dense layer, [O, I], with columns in the order of their input. */
export const denseWeights = <T extends Float32Array | Int8Array>(values: T, order: Order | undefined): T => {
  if (order === undefined) return values;
  const columns = order.length;
  return values.map((_, i) => values[i - (i % columns) + order[i % columns]!]!) as T;
};
