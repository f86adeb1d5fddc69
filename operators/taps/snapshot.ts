import { concatMap } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { eventually } from "../../core/eventual.ts";
import { ofTensor } from "../../core/expr.ts";
import type { Signal } from "../../core/signal.ts";
import { elements, type HostTensor, tensor } from "../../core/tensor.ts";
import type { Layer } from "../module/layer.ts";
import { openTape } from "../step/tape.ts";
import { drive, type Task, wait } from "../step/task.ts";

const copyOf = (x: HostTensor): HostTensor => tensor(Float32Array.from(elements(x)), x.shape);

/** The signal with copies of its tensors. */
function* copied(engine: Engine, signal: Signal): Task<Signal> {
  switch (signal._tag) {
    case "Activation": {
      const x = yield* openTape(engine, false).store(signal.x);
      return { ...signal, x: ofTensor(copyOf(yield* wait(engine.read(x)))) };
    }
    case "ParameterGradient":
      return { ...signal, gradient: copyOf(yield* wait(engine.read(signal.gradient))) };
    default:
      return signal;
  }
}

/**
 * Copies the tensors of activations and parameter gradients, so that they outlive their step. All other tensors of an engine are
 * released when the next step begins.
 *
 * @example
 * const engine = reference();
 * const batch = { x: Float32Array.of(1, 2), target: Int32Array.of(0), shape: [1, 1, 1, 2] };
 * const kept$ = defer(() => of(beginStep(engine, batch, { step: 0, training: false }))).pipe(snapshot(engine));
 * kept$.pipe(map((signal) => signal._tag)); // ["Activation"]
 */
export const snapshot =
  (engine: Engine): Layer =>
  (signals$) =>
    signals$.pipe(concatMap((signal) => eventually(drive(copied(engine, signal)))));
