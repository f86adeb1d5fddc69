import * as E from "fp-ts/lib/Either.js";
import { concatMap, map } from "rxjs";
import { type Lazy, ofTensor } from "../core/pass.ts";
import { reshaped, type Shape, sizeOf } from "../core/tensor.ts";
import { settle } from "./kept.ts";
import { type Module, onActivation } from "./module.ts";

/** [N, H, W, C] to [N, 1, 1, H * W * C], in memory order. */
export const flatten =
  (): Module =>
  ({ engine, shape }) =>
    E.right({
      shape: [1, 1, sizeOf(shape)],
      layer: onActivation((activation) =>
        settle(engine, activation.x).pipe(
          map((x) => {
            const flat: Shape = [x.shape[0] as number, 1, 1, sizeOf(shape)];
            const pullback = (dy: Lazy) =>
              settle(engine, dy).pipe(
                concatMap((gradient) => activation.pullback(ofTensor(reshaped(gradient, x.shape)))),
              );
            return { ...activation, x: ofTensor(reshaped(x, flat)), pullback };
          }),
        ),
      ),
    });
