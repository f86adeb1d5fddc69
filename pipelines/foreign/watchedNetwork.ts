/**
 * @file Watches each step of a network: everything that a user's file has put into it, a layer, a tap or an operator, has to return.
 *   Computations of the engine and the handling of emitted signals are Rangeflow's own and may take any time.
 */
import { Observable } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import type { Signal } from "../../core/signal.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Watch } from "../../operators/module/module.ts";
import { isWatching, unwatched } from "./watchdog.ts";

/** An engine whose passes, products and updates are not watched. Functions that fill a parameter may be a user's and are. */
export const unwatchedEngine = (engine: Engine): Engine =>
  isWatching()
    ? Object.assign(Object.create(engine) as Engine, {
        run: (...given) => unwatched(() => engine.run(...given)),
        inBlocks: (...given) => unwatched(() => engine.inBlocks(...given)),
        exp: (...given) => unwatched(() => engine.exp(...given)),
        accumulate: (...given) => unwatched(() => engine.accumulate(...given)),
        read: (...given) => unwatched(() => engine.read(...given)),
        write: (...given) => unwatched(() => engine.write(...given)),
        update: (...given) => unwatched(() => engine.update(...given)),
      } satisfies Partial<Engine>)
    : engine;

/** Watches each step of a network as a whole, so that code without a watched call of its own ends as well. */
export const watchedNetwork = (network: Layer, watch: Watch): Layer => {
  if (!isWatching()) return network;
  const watched = watch("network");
  return (signals$) =>
    new Observable((subscriber) => {
      const given$ = new Observable<Signal>((inner) =>
        signals$.subscribe({
          next: (signal) => watched(signal.step, () => inner.next(signal)),
          error: (error: unknown) => inner.error(error),
          complete: () => watched(-1, () => inner.complete()),
        }),
      );
      return watched(-1, () =>
        network(given$).subscribe({
          next: (signal) => unwatched(() => subscriber.next(signal)),
          error: (error: unknown) => unwatched(() => subscriber.error(error)),
          complete: () => unwatched(() => subscriber.complete()),
        }),
      );
    });
};
