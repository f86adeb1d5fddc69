import * as E from "fp-ts/lib/Either.js";
import { after, all, type Eventual, each, isPromise } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Emit, ParameterGradient, Signal } from "../../core/signal.ts";
import { plus } from "../module/branch.ts";
import { settle } from "../module/kept.ts";
import { onActivation } from "../module/layer.ts";
import type { Module } from "../module/module.ts";

/**
 * Adds up the gradients of each parameter that several networks or layers share, so that what follows sees one of each; belongs between the
 * loss and the optimizer.
 */
export const sharedGradients =
  (): Module =>
  ({ engine, shape }) =>
    E.right({
      shape,
      ...onActivation((activation) => {
        const pullback = (dy: Expr, emit: Emit): Eventual<void> => {
          const byPath = new Map<string, ParameterGradient[]>();
          const late: Eventual<unknown>[] = [];
          const take = (signal: Signal | undefined): Signal | undefined => {
            if (signal?._tag !== "ParameterGradient") return signal;
            const { path } = signal.parameter;
            byPath.set(path, [...(byPath.get(path) ?? []), signal]);
            return undefined;
          };
          const tellSum = (gradients: readonly ParameterGradient[]): Eventual<void> => {
            const [first] = gradients as [ParameterGradient];
            const sum = gradients.map(({ gradient }) => ofTensor(gradient)).reduce(plus);
            return after(settle(engine, sum), (gradient) => emit({ ...first, gradient }));
          };
          const pulledBack = activation.pullback(dy, (signal) => {
            const taken = after(signal, take);
            if (isPromise(taken)) late.push(taken);
            emit(taken);
          });
          return after(pulledBack, () => after(all(late), () => each([...byPath.values()], tellSum)));
        };
        return { ...activation, pullback };
      }),
    });
