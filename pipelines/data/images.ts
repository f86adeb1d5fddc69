/** @file Labelled images as the data of a run: normalized, shuffled, and augmented where that is wanted. */
import { knownOptions } from "../../core/knownOptions.ts";
import { sizeOf } from "../../core/tensor.ts";
import { orderedBatches, trainBatches } from "./batches.ts";
import { contentOf } from "./dataContent.ts";
import type { Dataset } from "./dataset.ts";
import type { LabelledImages } from "./labelledImages.ts";

/**
 * Labelled images as a data set of a run.
 *
 *     x = (pixel / 255 - mean) / std      mean and std of each channel over the training images
 *
 * @param augment shift each training image by up to 4 pixels and mirror every other one: for photographs, not for letters
 * @example
 * import { glyphs, images } from "rangeflow";
 *
 * images(glyphs({ train: 100, test: 20 })).shape; // [28, 28, 1]
 */
export const images = (data: LabelledImages, options: { readonly augment?: boolean } = {}): Dataset => {
  const { augment = false } = knownOptions("images", options, { augment: true });
  return {
    name: data.name,
    shape: data.shape,
    classes: data.classes,
    targetShape: undefined,
    normalization: { mean: data.mean, std: data.std },
    ...(augment && { variant: "augmented" }),
    content: () => contentOf(data),
    batches: ({ batch, seed }) => ({
      train: trainBatches(data, { batch, seed, augment }),
      test: orderedBatches(data, data.test, batch),
    }),
    blank: (samples) => ({
      x: new Float32Array(samples * sizeOf(data.shape)),
      target: new Int32Array(samples),
      shape: [samples, ...data.shape],
    }),
  };
};

/** Data as a run takes them: labelled images as they are, without augmentation. */
export const datasetOf = (data: Dataset | LabelledImages): Dataset =>
  "batches" in data ? data : images(data);
