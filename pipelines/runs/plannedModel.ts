/** @file Plan of a model without allocating arrays: its layers, and the memory that its parameters would take. */
import { totalmem } from "node:os";
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import { build, scopeFor } from "../../operators/module/build.ts";
import type { Convolution, Module, Scope } from "../../operators/module/module.ts";
import type { Note } from "../../operators/module/notes.ts";
import { isTrained, plannedParameters } from "../../operators/module/parameters.ts";
import { defaultQuantizer } from "../../quantizers/defaultQuantizer.ts";
import type { Experiment } from "../experiments/experiment.ts";

/** A planned model. */
export interface PlannedModel {
  /** All convolutions and dense layers, in order. */
  readonly convolutions: readonly Convolution[];
  /** Parameters without those of losses, optimizers and learned quantizers; their values have no elements. */
  readonly parameters: readonly Parameter[];
  /** Notes of its modules. */
  readonly notes: readonly Note[];
}

const quantizer = defaultQuantizer({ bits: { weight: 32, activation: 32, gradient: 32 } });

/**
 * Plan of a model over images of `shape`, [H, W, C], in float32.
 *
 * @param watch watches calls of functions that may be user-defined
 * @throws `RangeflowFailure` if the model cannot be built for such images
 */
export const plannedModel = (model: Module, shape: Shape, watch?: Scope["watch"]): PlannedModel => {
  const convolutions: Convolution[] = [];
  const parameters = plannedParameters();
  const announce = (convolution: Convolution): void => {
    convolutions.push(convolution);
  };
  const notes: Note[] = [];
  const note = (one: Note): void => {
    notes.push(one);
  };
  build(
    model,
    scopeFor({ engine: reference(), shape, parameters, quantizer, announce, note, ...(watch && { watch }) }),
  );
  return { convolutions, parameters: parameters.list(), notes };
};

const sizeText = (bytes: number): string => {
  const gibibytes = bytes / 2 ** 30;
  return `${gibibytes < 1e6 ? gibibytes.toFixed(2) : gibibytes.toPrecision(3)} GiB`;
};

/**
 * Refuses a network whose parameters alone exceed the memory, before any of them is allocated.
 *
 * @param parameters planned parameters
 * @throws `RangeflowFailure` that says what they would take
 */
export const checkSize = (
  { name, optimizer }: Pick<Experiment, "name" | "optimizer">,
  parameters: readonly Parameter[],
  engine: Pick<Engine, "memory">,
): void => {
  const copies = optimizer.copies ?? 2;
  const numbers = parameters.reduce((sum, one) => sum + one.value.size * (isTrained(one) ? copies : 1), 0);
  const most = Math.min(engine.memory().most, totalmem());
  if (4 * numbers > most)
    throw new RangeflowFailure(
      problem(
        "--model",
        `${name}, whose parameters and optimizer state take ${sizeText(4 * numbers)}`,
        `at most ${sizeText(most)}`,
        "use a smaller --width or another model",
      ),
    );
};
