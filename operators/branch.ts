/** @file A layer that is kept subscribed inside another one, so that its sites keep their state from step to step. */
import { defer, EMPTY, merge, type Observable, Subject, takeWhile, type Unsubscribable } from "rxjs";
import type { Activation, Signal } from "../core/signal.ts";
import type { Layer } from "./module.ts";

export interface Branch extends Unsubscribable {
  /** Everything that the layer emits for one activation, up to the activation that it makes of it. */
  readonly run: (activation: Activation) => Observable<Signal>;
}

export const openBranch = (layer: Layer): Branch => {
  const in$ = new Subject<Signal>();
  const out$ = new Subject<Signal>();
  const subscription = layer(in$).subscribe(out$);
  return {
    run: (activation) =>
      merge(
        out$.pipe(takeWhile((signal) => signal._tag !== "Activation", true)),
        defer(() => {
          in$.next(activation);
          return EMPTY;
        }),
      ),
    unsubscribe: () => subscription.unsubscribe(),
  };
};
