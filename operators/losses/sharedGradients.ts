import * as E from "fp-ts/lib/Either.js";
import { ofTensor } from "../../core/expr.ts";
import type { ParameterGradient } from "../../core/signal.ts";
import type { Module } from "../module/module.ts";
import { plus } from "../step/fork.ts";
import { openTape } from "../step/tape.ts";
import { rewriteGradients } from "./rewriteGradients.ts";

/** Gradients by parameter, in the order of the first gradient of each. */
const byParameter = (gradients: readonly ParameterGradient[]): readonly (readonly ParameterGradient[])[] => {
  const byPath = new Map<string, ParameterGradient[]>();
  for (const gradient of gradients) {
    const { path } = gradient.parameter;
    byPath.set(path, [...(byPath.get(path) ?? []), gradient]);
  }
  return [...byPath.values()];
};

/**
 * Adds up the gradients of each parameter shared by several networks or layers, so that the optimizer gets one each. Place it
 * between the loss and the optimizer.
 */
export const sharedGradients =
  (): Module =>
  ({ engine, shape }) =>
    E.right({
      shape,
      ...rewriteGradients(function* (gradients) {
        const tape = openTape(engine, true);
        const sums: ParameterGradient[] = [];
        for (const same of byParameter(gradients)) {
          const [first] = same as [ParameterGradient];
          const sum = same.map(({ gradient }) => ofTensor(gradient)).reduce(plus);
          sums.push({ ...first, gradient: yield* tape.give(sum) });
        }
        return sums;
      }),
    });
