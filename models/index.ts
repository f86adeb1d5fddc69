/** @file Contents of `models`: the networks by name. A new one joins with its file and a line here. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "../core/errors.ts";
import type { Module } from "../operators/module.ts";
import { lenet5 } from "./lenet5.ts";
import { mobileNetV2 } from "./mobileNetV2.ts";
import { resnet20 } from "./resnet20.ts";

export * from "./lenet5.ts";
export * from "./mobileNetV2.ts";
export * from "./resnet20.ts";

export interface ModelOptions {
  readonly classes: number;
  /** Multiplies numbers of channels where a model knows how. */
  readonly width?: number;
}

/** From the number of classes to a network that ends in logits. */
export type Model = (options: ModelOptions) => Module;

export const models = { lenet5, resnet20, mobileNetV2 } as const satisfies Record<string, Model>;

/** The model of a name. */
export const modelNamed = (name: string): E.Either<Problem, Model> =>
  Object.hasOwn(models, name)
    ? E.right(models[name as keyof typeof models])
    : E.left(problem("--model", `"${name}"`, `one of ${Object.keys(models).join(", ")}`));
