import { concatMap, map } from "rxjs";
import type { Engine } from "../core/engine.ts";
import type { Lazy } from "../core/pass.ts";
import type { Tensor } from "../core/tensor.ts";
import { settle } from "./kept.ts";
import { type Layer, onActivation } from "./module.ts";

/** What a layer makes of a tensor in memory, and of the gradient of that in memory. */
export interface Lifted {
  readonly y: Lazy;
  readonly pullback: (dy: Tensor) => Lazy;
}

/** A layer from a function that reads its whole tensor, such as a pool: both ways, what comes is written to memory first. */
export const onTensor = (engine: Engine, f: (x: Tensor) => Lifted): Layer =>
  onActivation((activation) =>
    settle(engine, activation.x).pipe(
      map(f),
      map(({ y, pullback }) => ({
        ...activation,
        x: y,
        pullback: (dy: Lazy) =>
          settle(engine, dy).pipe(concatMap((gradient) => activation.pullback(pullback(gradient)))),
      })),
    ),
  );
