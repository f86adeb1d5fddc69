/** @file Optimizers at the end of a network whose pullback gives its parameters gradients that are known. */
import type { Parameter, Signal } from "../../core/signal.ts";
import { tensor } from "../../core/tensor.ts";
import type { Module, Scope } from "../../operators/module/module.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import { elements } from "./elements.ts";
import { row } from "./tensors.ts";
import { batch, built, opened } from "./testScope.ts";

/** A gradient, or how it comes of what the parameter is at the time. */
export type Slope = readonly number[] | ((values: Float32Array) => readonly number[]);

/** Signals of a step that gives each trained parameter of the scope this gradient. */
export const updating = (
  module: Module,
  scope: Scope,
): ((step: number, gradient: Slope) => readonly Signal[]) => {
  const parameters: readonly Parameter[] = scope.parameters.list().filter(isTrained);
  const run = opened(built(module, scope).layer);
  return (step, gradient) =>
    run(
      batch(row(1), {
        step,
        pullback: (_, emit) => {
          for (const parameter of parameters) {
            const { value } = parameter;
            const slope = typeof gradient === "function" ? gradient(elements(value)) : gradient;
            const given = tensor(Float32Array.from(slope), value.shape);
            emit({ _tag: "ParameterGradient", step, parameter, gradient: given });
          }
        },
      }),
    );
};
