/** @file A model as it would be built, without an array: its layers, and how much memory its parameters would take. */
import { totalmem } from "node:os";
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import { models } from "../../models/index.ts";
import { build, scopeFor } from "../../operators/module/build.ts";
import type { Convolution, Module } from "../../operators/module/module.ts";
import { isTrained, plannedParameters } from "../../operators/module/parameters.ts";
import { usualQuantizer } from "../../quantizers/usualQuantizer.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import type { Settings } from "../settings/settings.ts";
import { taskOf } from "./task.ts";

export interface PlannedModel {
  /** All convolutions and dense layers, in order. */
  readonly convolutions: readonly Convolution[];
  /** Without those of losses, optimizers and learned quantizers; their values have no elements. */
  readonly parameters: readonly Parameter[];
}

const quantizer = usualQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });

/**
 * What a model would be over images of `shape`, [H, W, C], in float32.
 *
 * @throws `RangeflowFailure` if it cannot be built for such images
 */
export const plannedModel = (model: Module, shape: Shape): PlannedModel => {
  const convolutions: Convolution[] = [];
  const parameters = plannedParameters();
  const announce = (convolution: Convolution): void => {
    convolutions.push(convolution);
  };
  build(model, scopeFor({ engine: reference(), shape, parameters, quantizer, announce }));
  return { convolutions, parameters: parameters.list() };
};

/** What each optimizer keeps of a parameter, in times its size: the values, and velocities, moments or what a trial began with. */
const copies: Readonly<Record<Settings["optimizer"], number>> = { niti: 1, sgd: 2, adam: 3, blaq: 4 };

const sizeText = (bytes: number): string => {
  const gibibytes = bytes / 2 ** 30;
  return `${gibibytes < 1e6 ? gibibytes.toFixed(2) : gibibytes.toPrecision(3)} GiB`;
};

/**
 * Refuses a model whose parameters alone do not fit into memory, before any of them is made.
 *
 * @throws `RangeflowFailure` that says what they would take
 */
export const checkSize = (
  settings: Pick<Settings, "model" | "width" | "optimizer" | "data">,
  data: LabelledImages,
  engine: Pick<Engine, "memory">,
): void => {
  const { model, width, optimizer } = settings;
  const module = models[model]({ classes: data.classes.length, width });
  const { parameters } = plannedModel(module, taskOf(settings).inputShape(data));
  const numbers = parameters.reduce(
    (sum, one) => sum + one.value.size * (isTrained(one) ? copies[optimizer] : 1),
    0,
  );
  const most = Math.min(engine.memory().most, totalmem());
  if (4 * numbers > most)
    throw new RangeflowFailure(
      problem(
        "--model",
        `${model} with --width ${width}, whose parameters take ${sizeText(4 * numbers)} with what ${optimizer} keeps of them`,
        `at most ${sizeText(most)}`,
        "take a smaller --width or another model",
      ),
    );
};
