import { all, type Eventual, isPromise } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { Activation, Emit, ParameterGradient, Signal } from "../../core/signal.ts";
import { type Openable, onActivation } from "../module/layer.ts";
import { drive, type Task, wait } from "../step/task.ts";

/** Makes new gradients from those of a backward pass. */
export type Rewrite = (
  gradients: readonly ParameterGradient[],
  activation: Activation,
  emit: Emit,
) => Task<readonly ParameterGradient[]>;

function* back(rewrite: Rewrite, activation: Activation, dy: Expr, emit: Emit): Task<void> {
  const gradients: ParameterGradient[] = [];
  const late: Eventual<unknown>[] = [];
  const take = (signal: Signal | undefined): Signal | undefined => {
    if (signal?._tag !== "ParameterGradient") return signal;
    gradients.push(signal);
    return undefined;
  };
  const taking: Emit = (signal) => {
    if (!isPromise(signal)) return emit(take(signal));
    const taken = signal.then(take);
    late.push(taken);
    emit(taken);
  };
  yield* wait(activation.pullback(dy, taking));
  yield* wait(all(late));
  for (const gradient of yield* rewrite(gradients, activation, emit)) emit(gradient);
}

/**
 * A layer between the loss and the optimizer that holds back the gradients of all parameters until the backward pass is complete,
 * and emits new ones instead. All other signals pass immediately.
 */
export const rewriteGradients = (rewrite: Rewrite): Openable =>
  onActivation((activation) => {
    if (!activation.training) return activation;
    return { ...activation, pullback: (dy, emit) => drive(back(rewrite, activation, dy, emit)) };
  });
