/** @file Data sets from labelled images: normalized, shuffled, and optionally augmented. */
import { knownOptions } from "../../core/knownOptions.ts";
import { sizeOf } from "../../core/tensor.ts";
import { orderedBatches, trainBatches } from "./batches.ts";
import { contentOf } from "./dataContent.ts";
import type { Dataset } from "./dataset.ts";
import type { LabelledImages } from "./labelledImages.ts";

/**
 * A data set from labelled images.
 *
 *     x = (pixel / 255 - mean) / std      mean and std of each channel over the training images
 *
 * @param options `augment` (default: false): shift each training image by up to 4 pixels and mirror it with probability 1/2; for
 *   photographs, not for letters
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

/** Data as a data set; labelled images without augmentation. */
export const datasetOf = (data: Dataset | LabelledImages): Dataset =>
  "batches" in data ? data : images(data);
