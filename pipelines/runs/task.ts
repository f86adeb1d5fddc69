/**
 * @file What a network is trained for. The data of a run decide it, and its model has to fit: what batches hold, which loss ends
 * the network, and by what the run is judged.
 */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Shape, sizeOf, tensor } from "../../core/tensor.ts";
import { classifiers, type ModelName, upscalers } from "../../models/index.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import type { Batch } from "../../operators/module/build.ts";
import type { Module } from "../../operators/module/module.ts";
import { type Batches, orderedBatches, trainBatches } from "../data/batches.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import { halved, orderedPairs, patchShape, trainPairs } from "../data/pairs.ts";
import type { Settings } from "../settings/settings.ts";
import type { ScoreName } from "./scores.ts";

export interface Task {
  readonly name: string;
  /** Names of the models whose output is what the loss wants. */
  readonly models: readonly ModelName[];
  readonly loss: (settings: Settings) => Module;
  /** The metric of the loss that judges a run. */
  readonly score: ScoreName;
  /** [H, W, C] of what the network is shown in training. */
  readonly inputShape: (data: LabelledImages) => Shape;
  readonly batches: (
    data: LabelledImages,
    settings: Settings,
  ) => { readonly train: Batches; readonly test: Batches };
  /** A batch of so many black images. */
  readonly black: (data: LabelledImages, images: number) => Batch;
}

/** Whether images may be mirrored and shifted: letters may not. */
export const isPhotograph = (data: Settings["data"]): boolean =>
  data === "cifar10" || data === "tinyImageNet";

/** Whether data are pairs for super-resolution. */
export const isUpscaling = (data: Settings["data"]): boolean => data.endsWith("X2");

const zeros = (shape: Shape) => tensor(new Float32Array(sizeOf(shape)), shape);

const classification: Task = {
  name: "classification",
  models: Object.keys(classifiers) as ModelName[],
  loss: ({ smoothing }) => crossEntropy({ smoothing }),
  score: "accuracy",
  inputShape: ({ shape }) => shape,
  batches: (data, { batch, seed, augment, data: name }) => ({
    train: trainBatches(data, { batch, seed, augment: augment && isPhotograph(name) }),
    test: orderedBatches(data, data.test, batch),
  }),
  black: ({ shape }, images) => ({
    x: new Float32Array(images * sizeOf(shape)),
    target: new Int32Array(images),
    shape: [images, ...shape],
  }),
};

const superResolution: Task = {
  name: "super-resolution",
  models: Object.keys(upscalers) as ModelName[],
  loss: () => absoluteError(),
  score: "psnr",
  inputShape: (data) => halved(patchShape(data)),
  batches: (data, { batch, seed, augment }) => ({
    train: trainPairs(data, { batch, seed, augment }),
    test: orderedPairs(data, data.test, batch),
  }),
  black: (data, images) => {
    const patch = patchShape(data);
    const shape = [images, ...halved(patch)];
    return { x: new Float32Array(sizeOf(shape)), target: zeros([images, ...patch]), shape };
  },
};

/**
 * The task of a run: super-resolution for data whose name ends in X2, and otherwise classification.
 *
 * @throws `RangeflowFailure` if the model is for another one
 */
export const taskOf = ({ data, model }: Pick<Settings, "data" | "model">): Task => {
  const task = isUpscaling(data) ? superResolution : classification;
  if (!task.models.includes(model))
    throw new RangeflowFailure(
      problem(
        "--model",
        `${model} for --data ${data}, which is ${task.name}`,
        `one of ${task.models.join(", ")}`,
        "or take other data",
      ),
    );
  return task;
};
