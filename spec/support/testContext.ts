/** @file The context of a layer in one step, for specs of what stands inside of a layer. */
import type { Engine } from "../../core/engine.ts";
import type { Expr } from "../../core/expr.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import { type HostTensor, type Tensor, tensor } from "../../core/tensor.ts";
import type { Context } from "../../operators/step/op.ts";
import { openTape } from "../../operators/step/tape.ts";
import { type Task, wait } from "../../operators/step/task.ts";
import { batch } from "./testScope.ts";

/** A context on a tape of its own; what is emitted, now or later, goes into `signals`. */
export const testContext = (
  engine: Engine,
  { step = 0, training = true }: Partial<Pick<Activation, "step" | "training">> = {},
): Context & { readonly signals: Signal[] } => {
  const tape = openTape(engine, training);
  const signals: Signal[] = [];
  function* read(x: Expr | Tensor): Task<HostTensor> {
    return yield* wait(engine.read("source" in x ? yield* tape.store(x) : x));
  }
  const activation = batch(tensor(new Float32Array(1), [1, 1, 1, 1]), { step, training });
  return {
    ...tape,
    step,
    training,
    target: activation.target,
    where: `test, step ${step}`,
    read,
    emit: (signal) => {
      if (signal && "then" in signal) signal.then((said) => said && signals.push(said));
      else if (signal) signals.push(signal);
    },
    activation,
    signals,
  };
};
