/** @file The networks by name: a new one joins with its file, and a line here. */
import * as E from "fp-ts/lib/Either.js";
import { type Mismatch, problem } from "../core/errors.ts";
import { expectedName } from "../core/nearest.ts";
import type { Shape } from "../core/tensor.ts";
import { centerDetector } from "./centerDetector.ts";
import { edsr } from "./edsr.ts";
import { lenet5 } from "./lenet5.ts";
import { mobileNetV1 } from "./mobileNetV1.ts";
import { mobileNetV2 } from "./mobileNetV2.ts";
import type { Model } from "./model.ts";
import { preactResnet } from "./preactResnet.ts";
import { resnet18 } from "./resnet18.ts";
import { resnet20 } from "./resnet20.ts";
import { vgg16 } from "./vgg16.ts";

/** Networks that end in logits. */
export const classifiers = {
  lenet5,
  resnet20,
  resnet18,
  preactResnet,
  vgg16,
  mobileNetV1,
  mobileNetV2,
} as const satisfies Record<string, Model>;

/** Networks that end in an image of twice the side. */
export const upscalers = { edsr } as const satisfies Record<string, Model>;

/** Networks that end in a heatmap of centres and in boxes. */
export const detectors = { centerDetector } as const satisfies Record<string, Model>;

/** All of them. */
export const models = { ...classifiers, ...upscalers, ...detectors } as const;

/** Name of a network on the command line. */
export type ModelName = keyof typeof models;

/** Models as their papers have them, of one width. */
const ofOneWidth: readonly ModelName[] = ["lenet5", "resnet20"];

/** Whether a model has a width that can be chosen. */
export const hasWidth = (name: ModelName): boolean => !ofOneWidth.includes(name);

/** Models whose layers may be those of torchvision. */
const ofTorchvision: readonly ModelName[] = ["resnet18", "vgg16", "mobileNetV2"];

/** Whether a model has a variant that can be chosen. */
export const hasVariants = (name: ModelName): boolean => ofTorchvision.includes(name);

/** [H, W, C] of the images that a model is usually shown. */
export const imageShape = (name: ModelName): Shape => {
  if (name === "lenet5") return [28, 28, 1];
  return name === "centerDetector" ? [96, 96, 3] : [32, 32, 3];
};

/** Whether a model has this name. */
export const modelNamed = (name: string): E.Either<Mismatch, ModelName> =>
  Object.hasOwn(models, name)
    ? E.right(name as ModelName)
    : E.left(problem("--model", `"${name}"`, expectedName(name, Object.keys(models))));
