import type { Engine } from "../../core/engine.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import type { Tensor } from "../../core/tensor.ts";
import { settle } from "./kept.ts";
import { type Layer, onActivation } from "./layer.ts";
import { isOwn, releasing } from "./releasing.ts";

/** What a layer makes of a tensor in memory, and of the gradient of that in memory. */
export interface Lifted {
  readonly y: Expr;
  readonly pullback: (dy: Tensor) => Eventual<Expr>;
}

/** A layer from a function that reads its whole tensor, such as a pool: both ways, what comes is written to memory first. */
export const onTensor = (engine: Engine, f: (x: Tensor) => Eventual<Lifted>): Layer =>
  onActivation((activation) => {
    const ownX = isOwn(activation.x);
    return after(settle(engine, activation.x), (x) => {
      return after(f(x), ({ y, pullback }) => ({
        ...activation,
        x: y,
        pullback: (dy, emit) => {
          const ownDy = isOwn(dy);
          return after(settle(engine, dy), (gradient) => {
            const made = [ownX ? x : undefined, ownDy ? gradient : undefined];
            return after(pullback(gradient), (dx) => activation.pullback(releasing(dx, made), emit));
          });
        },
      }));
    });
  });
