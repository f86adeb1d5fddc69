/** @file Pooling layers. Overlapping windows are allowed; zeros around the image never win a maximum. */
import * as E from "fp-ts/lib/Either.js";
import { concatMap, map } from "rxjs";
import type { Lazy, PoolKind } from "../core/pass.ts";
import { checkWindow, slid, type Window } from "../core/shape.ts";
import { settle } from "./kept.ts";
import { type Module, onActivation } from "./module.ts";

export interface PoolOptions {
  readonly size: number;
  /** As large as the window where missing, so that windows do not overlap. */
  readonly stride?: number;
  readonly padding?: number;
}

const pooled =
  (kind: PoolKind, window: Window): Module =>
  ({ engine, shape, path }) =>
    E.bimap(
      (error: Parameters<typeof import("../core/errors.ts").describe>[0]) => [error],
      (checked: Window) => ({
        shape: slid([1, ...shape], checked, shape[2] as number).slice(1),
        layer: onActivation((activation) =>
          settle(engine, activation.x).pipe(
            map((x) => {
              const y: Lazy = {
                shape: slid(x.shape, checked, x.shape[3] as number),
                source: { _tag: "Pool", kind, window: checked, x },
                stages: [],
              };
              const pullback = (dyLazy: Lazy) =>
                settle(engine, dyLazy).pipe(
                  concatMap((dy) =>
                    activation.pullback({
                      shape: x.shape,
                      source: { _tag: "Unpool", kind, window: checked, x, dy },
                      stages: [],
                    }),
                  ),
                );
              return { ...activation, x: y, pullback };
            }),
          ),
        ),
      }),
    )(checkWindow(path === "" ? `${kind} pool` : path, shape)(window));

const windowOf = ({ size, stride = size, padding = 0 }: PoolOptions): Window => ({
  kernelHeight: size,
  kernelWidth: size,
  stride,
  padding,
});

/** The largest element of each window; its gradient goes to the first of the largest. */
export const maxPool = (options: PoolOptions): Module => pooled("max", windowOf(options));

/** The mean of each window, zeros around the image counted. */
export const averagePool = (options: PoolOptions): Module => pooled("average", windowOf(options));

/** The mean of the whole image: [N, H, W, C] to [N, 1, 1, C]. */
export const globalAveragePool = (): Module => (scope) => {
  const [kernelHeight, kernelWidth] = scope.shape as [number, number];
  return pooled("average", { kernelHeight, kernelWidth, stride: 1, padding: 0 })(scope);
};
