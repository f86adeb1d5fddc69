/** @file The networks by name. A new one joins with its file and a line here. */
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
import { vit } from "./vit.ts";

/** Networks that output logits. */
export const classifiers = {
  lenet5,
  resnet20,
  resnet18,
  preactResnet,
  vgg16,
  mobileNetV1,
  mobileNetV2,
  vit,
} as const satisfies Record<string, Model>;

/** Networks that output an image of twice the side. */
export const upscalers = { edsr } as const satisfies Record<string, Model>;

/** Networks that output a heatmap of centres and boxes. */
export const detectors = { centerDetector } as const satisfies Record<string, Model>;

/** All networks, by name. */
export const models = { ...classifiers, ...upscalers, ...detectors } as const;

/** Name of a network on the command line. */
export type ModelName = keyof typeof models;

/** Networks with the fixed width of their papers. */
const ofOneWidth: readonly ModelName[] = ["lenet5", "resnet20"];

/** Whether a network has the option `width`. */
export const hasWidth = (name: ModelName): boolean => !ofOneWidth.includes(name);

/** Networks with a torchvision variant. */
const ofTorchvision: readonly ModelName[] = ["resnet18", "vgg16", "mobileNetV2"];

/** Whether a network has the option `variant`. */
export const hasVariants = (name: ModelName): boolean => ofTorchvision.includes(name);

/** Usual [H, W, C] of a network's input. */
export const imageShape = (name: ModelName): Shape => {
  if (name === "lenet5") return [28, 28, 1];
  return name === "centerDetector" ? [96, 96, 3] : [32, 32, 3];
};

/** The network's name if it exists, otherwise a problem that suggests similar names. */
export const modelNamed = (name: string): E.Either<Mismatch, ModelName> =>
  Object.hasOwn(models, name)
    ? E.right(name as ModelName)
    : E.left(problem("--model", `"${name}"`, expectedName(name, Object.keys(models))));
