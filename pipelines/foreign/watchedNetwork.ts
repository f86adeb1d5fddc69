/**
 * @file A network that is watched step by step: whatever a user's file has put into it, a layer, a tap or an operator, has to come back.
 * What the engine computes, and what is made of the signals that come out, is ours and takes as long as it takes.
 */
import { Observable } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import type { Signal } from "../../core/signal.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Watch } from "../../operators/module/module.ts";
import { isWatching, unwatched } from "./watchdog.ts";

/** An engine whose passes, products and updates nobody watches; the functions that fill a parameter may be a user's. */
export const unwatchedEngine = (engine: Engine): Engine =>
  isWatching()
    ? Object.assign(Object.create(engine) as Engine, {
        run: (...given) => unwatched(() => engine.run(...given)),
        accumulate: (...given) => unwatched(() => engine.accumulate(...given)),
        read: (...given) => unwatched(() => engine.read(...given)),
        write: (...given) => unwatched(() => engine.write(...given)),
        update: (...given) => unwatched(() => engine.update(...given)),
      } satisfies Partial<Engine>)
    : engine;

/** A network each of whose steps is watched as a whole, so that what no call inside is watched for ends, too. */
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
