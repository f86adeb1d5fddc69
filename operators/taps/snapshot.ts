import { concatMap, of } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { after, eventually } from "../../core/eventual.ts";
import { ofTensor } from "../../core/expr.ts";
import type { Signal } from "../../core/signal.ts";
import { elements, tensor } from "../../core/tensor.ts";
import { onHost } from "../module/kept.ts";
import type { Layer } from "../module/layer.ts";

/**
 * Copies what outlives the step: activations and parameter gradients leave with tensors of their own. Everything else that an
 * engine has made is gone when the next step begins.
 */
export const snapshot =
  (engine: Engine): Layer =>
  (signals$) =>
    signals$.pipe(
      concatMap((signal) => {
        if (signal._tag === "Activation")
          return eventually<Signal>(
            after(onHost(engine, signal.x), (x) => ({
              ...signal,
              x: ofTensor(tensor(Float32Array.from(elements(x)), x.shape)),
            })),
          );
        if (signal._tag === "ParameterGradient") {
          return eventually<Signal>(
            after(engine.read(signal.gradient), (gradient) => ({
              ...signal,
              gradient: tensor(Float32Array.from(elements(gradient)), gradient.shape),
            })),
          );
        }
        return of(signal);
      }),
    );
