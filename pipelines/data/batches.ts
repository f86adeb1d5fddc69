/**
 * @file Batches of labelled images. A batch depends on its number alone: no state passes from one batch to the next, so a resumed run
 *   gets the same batches.
 *
 *     pixel -> (pixel / 255 - mean) / std   per channel, computed in float64, rounded once to float32
 */

import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, type Key, key, permutation, randomBits } from "../../core/random.ts";
import type { Target } from "../../core/target.ts";
import type { Batch } from "../../operators/module/build.ts";
import { checkSplit, imageSize, type LabelledImages, type Split } from "./labelledImages.ts";
import { byteTables } from "./normalization.ts";

/** Batches of a data set, each made on demand from its number alone. */
export interface Batches<T extends Target = Target> {
  /** Batches in one pass over the data. */
  readonly perEpoch: number;
  /** Images in one pass over the data. A training epoch leaves out the images that do not fill its last batch. */
  readonly samplesPerEpoch: number;
  /**
   * Makes batch number `step`, counted over all epochs.
   *
   * @param into array to fill, at least as long as a batch; its front is returned as `x`. Default: a new array
   */
  readonly make: (step: number, into?: Float32Array) => Batch<T>;
}

/** Offset and mirroring with which an image is read. Pixels outside the image are black. */
interface Placement {
  readonly down: number;
  readonly right: number;
  readonly mirrored: boolean;
}

const padding = 4;

const inPlace: Placement = { down: 0, right: 0, mirrored: false };

/** A random crop from the image with a border of 4 black pixels, mirrored with probability 1/2. One random word decides both. */
const cropAndFlip = (epochKey: Key, sample: number): Placement => {
  const bits = randomBits(epochKey, sample);
  const shifts = 2 * padding + 1;
  return {
    down: Math.floor(((bits & 0x7fff) * shifts) / 0x8000) - padding,
    right: Math.floor((((bits >>> 15) & 0x7fff) * shifts) / 0x8000) - padding,
    mirrored: bits >>> 31 === 1,
  };
};

/** Makes a function that writes image `sample` of a split as normalized floats, row by row, channels last. */
const imageWriter = ({ shape, mean, std }: LabelledImages, { images }: Split) => {
  const [height, width, channels] = shape;
  const size = imageSize(shape);
  const tables = byteTables({ mean, std });

  return (sample: number, out: Float32Array, start: number, placed: Placement): void => {
    const { down, right, mirrored } = placed;
    // Unplaced images are copied as one long row.
    const [rows, columns] = placed === inPlace ? [1, height * width] : [height, width];
    // Output column w shows image column w + right, or the one mirrored to it, if there is one.
    const shift = mirrored ? -right : right;
    const left = Math.min(Math.max(-shift, 0), columns);
    const end = Math.max(Math.min(columns - shift, columns), left);
    const step = mirrored ? -channels : channels;
    const firstColumn = mirrored ? columns - 1 - left + right : left + right;
    for (let h = 0; h < rows; h++) {
      const row = h + down;
      const isInside = row >= 0 && row < rows;
      const [from, to] = isInside ? [left, end] : [columns, columns];
      for (let c = 0; c < channels; c++) {
        const table = tables[c]!;
        let at = start + h * columns * channels + c;
        for (let w = 0; w < from; w++, at += channels) out[at] = table[0]!;
        let source = sample * size + (row * columns + firstColumn) * channels + c;
        for (let w = from; w < to; w++, at += channels, source += step) out[at] = table[images[source]!]!;
        for (let w = to; w < columns; w++, at += channels) out[at] = table[0]!;
      }
    }
  };
};

const batchesOf = (
  data: LabelledImages,
  split: Split,
  batch: number,
  perEpoch: number,
  /** Chooses the image at a position of an epoch, and its placement. */
  pick: (epoch: number) => (position: number) => readonly [sample: number, placed: Placement],
): Batches<Int32Array> => {
  const size = imageSize(data.shape);
  const writeImage = imageWriter(data, split);
  const make = (step: number, into?: Float32Array): Batch<Int32Array> => {
    const epoch = Math.floor(step / perEpoch);
    const first = (step - epoch * perEpoch) * batch;
    const n = Math.min(batch, split.count - first);
    const x = into === undefined ? new Float32Array(n * size) : into.subarray(0, n * size);
    const labels = new Int32Array(n);
    const pickAt = pick(epoch);
    for (let i = 0; i < n; i++) {
      const [sample, placed] = pickAt(first + i);
      writeImage(sample, x, i * size, placed);
      labels[i] = split.labels[sample]!;
    }
    return { x, target: labels, shape: [n, ...data.shape] };
  };
  return { perEpoch, samplesPerEpoch: Math.min(perEpoch * batch, split.count), make };
};

/** Refuses a batch size that is not an integer from 1. */
export const checkBatch = (batch: number): void => {
  if (!Number.isInteger(batch) || batch < 1)
    throw new RangeflowFailure(problem("batch", `${batch}`, "an integer from 1"));
};

/**
 * Whole batches in one pass over `count` training images.
 *
 * @throws `RangeflowFailure` if there is none
 */
export const stepsPerEpoch = (count: number, batch: number): number => {
  checkBatch(batch);
  if (count < batch)
    throw new RangeflowFailure(
      problem(
        "batch",
        `${batch}`,
        `at most ${count}, the number of training images`,
        "lower --batch or raise --limit",
      ),
    );
  return Math.floor(count / batch);
};

/** Order of `count` images in each epoch. The last order is cached, since batches of one epoch are made one after another. */
export const shuffledEpochs = (seed: number, count: number): ((epoch: number) => Uint32Array) => {
  const orderKey = branch(key(seed), "order");
  let remembered = { epoch: -1, order: permutation(orderKey, 0) };
  return (epoch) => {
    if (remembered.epoch !== epoch)
      remembered = { epoch, order: permutation(branch(orderKey, epoch), count) };
    return remembered.order;
  };
};

/**
 * Training batches of images in a new random order each epoch. The last, incomplete batch of an epoch is left out.
 *
 * The order depends on (seed, epoch) only, an augmentation on (seed, epoch, sample).
 *
 * @param options `batch`: samples per batch. `seed`: an integer from 0. `augment` (default: false): random crop from a border of 4 black
 *   pixels and random mirroring, the usual augmentation of CIFAR-10
 * @throws `RangeflowFailure` if the images do not fill one batch, or a label names no class
 * @example
 * const batches = trainBatches(glyphs({ train: 100, test: 10 }), { batch: 50, seed: 1 });
 * batches.perEpoch; // 2
 * batches.make(0).shape; // [50, 28, 28, 1]
 */
export const trainBatches = (
  data: LabelledImages,
  options: { readonly batch: number; readonly seed: number; readonly augment?: boolean },
): Batches<Int32Array> => {
  const known = { batch: true, seed: true, augment: true } as const;
  const { batch, seed, augment = false } = knownOptions("trainBatches", options, known);
  const { train } = data;
  checkSplit(data, train);
  const orderOf = shuffledEpochs(seed, train.count);
  const augmentKey = branch(key(seed), "augment");
  return batchesOf(data, train, batch, stepsPerEpoch(train.count, batch), (epoch) => {
    const order = orderOf(epoch);
    const epochKey = branch(augmentKey, epoch);
    return (position) => {
      const sample = order[position]!;
      return [sample, augment ? cropAndFlip(epochKey, sample) : inPlace];
    };
  });
};

/** Test batches: the images of a split in their stored order. The last batch may be shorter. */
export const orderedBatches = (data: LabelledImages, split: Split, batch: number): Batches<Int32Array> => {
  checkBatch(batch);
  checkSplit(data, split);
  return batchesOf(data, split, batch, Math.ceil(split.count / batch), () => (position) => [
    position,
    inPlace,
  ]);
};
