/**
 * @file Pairs for super-resolution, made from one data set of images: an image, and the same image at half the side.
 *
 *     target = pixel / 255 - mean                                   mean of the channel over the training images
 *     x      = mean of 2x2 pixels, as an exact quarter, / 255 - mean
 *
 * Both are computed in float64 and rounded once to float32. They share one unit, in which black and white are 1 apart.
 */
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, type Key, key, randomBits } from "../../core/random.ts";
import { type HostTensor, sizeOf, tensor } from "../../core/tensor.ts";
import { type Batches, checkBatch, shuffledEpochs, stepsPerEpoch } from "./batches.ts";
import { contentOf } from "./dataContent.ts";
import type { Dataset } from "./dataset.ts";
import { checkSplit, type ImageShape, imageSize, type LabelledImages, type Split } from "./labelledImages.ts";

/** Longest side of a training patch in pixels. The paper uses 96, on larger images. */
const longestPatch = 48;

const even = (side: number): number => side - (side % 2);

/** [H, W, C] of a training patch. */
const patchShape = ({ shape: [height, width, channels] }: LabelledImages): ImageShape => [
  even(Math.min(height, longestPatch)),
  even(Math.min(width, longestPatch)),
  channels,
];

/** [H, W, C] of the small images that belong to `large` ones. */
export const halved = ([height, width, channels]: ImageShape): ImageShape => [
  height / 2,
  width / 2,
  channels,
];

/** A patch: its position in the image, and which of its axes are mirrored or swapped. */
interface Cut {
  readonly top: number;
  readonly left: number;
  readonly upsideDown: boolean;
  readonly mirrored: boolean;
  readonly transposed: boolean;
}

/** A random patch position in one of 8 orientations, from one random word. Patches that are not square are not transposed. */
const cutOf = (
  epochKey: Key,
  sample: number,
  { shape: [height, width] }: LabelledImages,
  patch: ImageShape,
): Cut => {
  const bits = randomBits(epochKey, sample);
  const place = (part: number, places: number): number => Math.floor(((part & 0x3fff) * places) / 0x4000);
  return {
    top: place(bits, height - patch[0] + 1),
    left: place(bits >>> 14, width - patch[1] + 1),
    upsideDown: (bits >>> 28) % 2 === 1,
    mirrored: (bits >>> 29) % 2 === 1,
    transposed: patch[0] === patch[1] && (bits >>> 30) % 2 === 1,
  };
};

const centred = ({ shape: [height, width] }: LabelledImages, patch: ImageShape): Cut => ({
  top: Math.floor((height - patch[0]) / 2),
  left: Math.floor((width - patch[1]) / 2),
  upsideDown: false,
  mirrored: false,
  transposed: false,
});

/** Copies the pixels of a patch, byte by byte. */
const copyPatch = (
  data: LabelledImages,
  { images }: Split,
  sample: number,
  cut: Cut,
  patch: ImageShape,
  out: Uint8Array,
): void => {
  const [, width, channels] = data.shape;
  const [height, wide] = patch;
  let to = 0;
  for (let h = 0; h < height; h++)
    for (let w = 0; w < wide; w++) {
      const [a, b] = cut.transposed ? [w, h] : [h, w];
      const row = cut.top + (cut.upsideDown ? height - 1 - a : a);
      const column = cut.left + (cut.mirrored ? wide - 1 - b : b);
      const from = sample * imageSize(data.shape) + (row * width + column) * channels;
      for (let c = 0; c < channels; c++) out[to++] = images[from + c] as number;
    }
};

/** Sums of 2x2 bytes, from 0 to 1020, for the channels of the smaller image. */
const addFours = ([height, width, channels]: ImageShape, large: Uint8Array, out: Uint16Array): void => {
  const row = width * channels;
  let to = 0;
  for (let h = 0; h < height; h += 2)
    for (let w = 0; w < width; w += 2)
      for (let c = 0; c < channels; c++) {
        const at = h * row + w * channels + c;
        out[to++] =
          (large[at] as number) +
          (large[at + channels] as number) +
          (large[at + row] as number) +
          (large[at + row + channels] as number);
      }
};

/** Makes a function that writes one pair: a patch of image `sample`, to the given places of x and of the target. */
const pairWriter = (data: LabelledImages, split: Split, patch: ImageShape) => {
  const channels = patch[2];
  const bytes = new Uint8Array(imageSize(patch));
  const sums = new Uint16Array(imageSize(halved(patch)));
  const tableOf = (values: number, white: number): readonly Float32Array[] =>
    data.mean.map((mean) => Float32Array.from({ length: values }, (_, v) => v / white - mean));
  const [larges, smalls] = [tableOf(256, 255), tableOf(1021, 1020)];
  const write = (
    values: Uint8Array | Uint16Array,
    tables: readonly Float32Array[],
    out: Float32Array,
    at: number,
  ): void => {
    for (let i = 0; i < values.length; i++)
      out[at + i] = (tables[i % channels] as Float32Array)[values[i] as number] as number;
  };
  return (sample: number, cut: Cut, x: Float32Array, target: Float32Array, n: number): void => {
    copyPatch(data, split, sample, cut, patch, bytes);
    addFours(patch, bytes, sums);
    write(bytes, larges, target, n * bytes.length);
    write(sums, smalls, x, n * sums.length);
  };
};

const pairsOf = (
  data: LabelledImages,
  split: Split,
  batch: number,
  perEpoch: number,
  patch: ImageShape,
  pick: (epoch: number) => (position: number) => readonly [sample: number, cut: Cut],
): Batches<HostTensor> => {
  const writePair = pairWriter(data, split, patch);
  const small = halved(patch);
  const make = (step: number, into?: Float32Array) => {
    const epoch = Math.floor(step / perEpoch);
    const first = (step - epoch * perEpoch) * batch;
    const n = Math.min(batch, split.count - first);
    const x =
      into === undefined ? new Float32Array(n * imageSize(small)) : into.subarray(0, n * imageSize(small));
    const target = new Float32Array(n * imageSize(patch));
    const pickAt = pick(epoch);
    for (let i = 0; i < n; i++) {
      const [sample, cut] = pickAt(first + i);
      writePair(sample, cut, x, target, i);
    }
    return { x, target: tensor(target, [n, ...patch]), shape: [n, ...small] };
  };
  return { perEpoch, samplesPerEpoch: Math.min(perEpoch * batch, split.count), make };
};

/**
 * Training pairs of patches, in a new random order each epoch, as in `trainBatches`. The last, incomplete batch is left out.
 *
 * @param augment patches at random positions in one of 8 orientations, given by (seed, epoch, sample). Default: the centre of each image
 * @throws `RangeflowFailure` if the images do not fill one batch
 */
export const trainPairs = (
  data: LabelledImages,
  {
    batch,
    seed,
    augment = false,
  }: { readonly batch: number; readonly seed: number; readonly augment?: boolean },
): Batches<HostTensor> => {
  checkSplit(data, data.train);
  const patch = patchShape(data);
  const orderOf = shuffledEpochs(seed, data.train.count);
  const augmentKey = branch(key(seed), "augment");
  const middle = centred(data, patch);
  return pairsOf(data, data.train, batch, stepsPerEpoch(data.train.count, batch), patch, (epoch) => {
    const order = orderOf(epoch);
    const epochKey = branch(augmentKey, epoch);
    return (position) => {
      const sample = order[position] as number;
      return [sample, augment ? cutOf(epochKey, sample, data, patch) : middle];
    };
  });
};

/**
 * Whole images of a split in their stored order, without an odd last row or column. A batch has as many images as have no more pixels
 * than `batch` training patches, at least one.
 */
export const orderedPairs = (data: LabelledImages, split: Split, batch: number): Batches<HostTensor> => {
  checkBatch(batch);
  checkSplit(data, split);
  const [height, width, channels] = data.shape;
  const whole: ImageShape = [even(height), even(width), channels];
  const images = Math.max(Math.floor((batch * imageSize(patchShape(data))) / imageSize(whole)), 1);
  const cut = centred(data, whole);
  return pairsOf(data, split, images, Math.ceil(split.count / images), whole, () => (position) => [
    position,
    cut,
  ]);
};

/**
 * A data set of pairs for super-resolution: inputs are images at half the side, targets are the images themselves.
 *
 * @param options `augment` (default: false): train on patches at random positions in one of 8 orientations
 * @example
 * const data = pairs(glyphs({ train: 16, test: 16 }));
 * data.shape; // [14, 14, 1]
 * data.targetShape; // [28, 28, 1]
 */
export const pairs = (data: LabelledImages, options: { readonly augment?: boolean } = {}): Dataset => {
  const { augment = false } = knownOptions("pairs", options, { augment: true });
  const patch = patchShape(data);
  const shape = halved(patch);
  return {
    name: data.name,
    shape,
    classes: [],
    targetShape: patch,
    // Only the mean is subtracted, so that inputs and targets share one unit.
    normalization: { mean: data.mean, std: data.mean.map(() => 1) },
    variant: augment ? "augmented pairs" : "pairs",
    content: () => contentOf(data),
    batches: ({ batch, seed }) => ({
      train: trainPairs(data, { batch, seed, augment }),
      test: orderedPairs(data, data.test, batch),
    }),
    blank: (samples) => ({
      x: new Float32Array(samples * sizeOf(shape)),
      target: tensor(new Float32Array(samples * sizeOf(patch)), [samples, ...patch]),
      shape: [samples, ...shape],
    }),
  };
};
