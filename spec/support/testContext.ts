/** @file The context of a layer in one step, for specs of what stands inside of a layer. */
import type { Engine } from "../../core/engine.ts";
import type { Activation, Emit, Signal } from "../../core/signal.ts";
import { tensor } from "../../core/tensor.ts";
import { type Context, LayerContext } from "../../operators/step/context.ts";
import { batch } from "./testScope.ts";

/** A context on a tape of its own; what is emitted, now or later, goes into `signals`. */
export const testContext = (
  engine: Engine,
  { step = 0, training = true }: Partial<Pick<Activation, "step" | "training">> = {},
): Context & { readonly signals: Signal[] } => {
  const signals: Signal[] = [];
  const emit: Emit = (signal) => {
    if (signal && "then" in signal) signal.then((said) => said && signals.push(said));
    else if (signal) signals.push(signal);
  };
  const activation = batch(tensor(new Float32Array(1), [1, 1, 1, 1]), { step, training });
  const ctx = new LayerContext({ engine, path: "test" }, activation, emit);
  return Object.assign(ctx, { signals });
};
