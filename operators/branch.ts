/** @file A layer that is run inside another one: directly where it can be opened, and else through a stream of its own. */
import { Subject } from "rxjs";
import type { Activation, Emit, Signal } from "../core/signal.ts";
import type { Layer, OpenLayer } from "./layer.ts";

/** What an operator does with one activation. */
interface Errand {
  readonly emit: Emit;
  readonly made: (activation: Activation) => void;
  readonly failed: (error: unknown) => void;
}

/** An operator, subscribed once: the signals up to the activation that it makes of one are those of that one. */
const openStream = (layer: Layer): OpenLayer => {
  const in$ = new Subject<Signal>();
  let errand: Errand | undefined;
  const subscription = layer(in$).subscribe({
    next: (signal) => {
      if (signal._tag === "Activation") errand?.made(signal);
      else errand?.emit(signal);
    },
    error: (error: unknown) => errand?.failed(error),
  });
  return {
    run: (activation, emit) => {
      let there: Activation | undefined;
      let later: ((activation: Activation) => void) | undefined;
      let failure: { readonly error: unknown } | undefined;
      let fail: ((error: unknown) => void) | undefined;
      errand = {
        emit,
        made: (made) => {
          there = made;
          later?.(made);
        },
        failed: (error) => {
          failure = { error };
          fail?.(error);
        },
      };
      in$.next(activation);
      if (failure) throw failure.error;
      return (
        there ??
        new Promise<Activation>((resolve, reject) => {
          later = resolve;
          fail = reject;
        })
      );
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};

export const openBranch = (layer: Layer): OpenLayer => layer.open?.() ?? openStream(layer);
