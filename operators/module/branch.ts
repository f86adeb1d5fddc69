/** @file Layers that run inside another layer: directly if they can be opened, otherwise through a stream of their own. */
import { Subject } from "rxjs";
import type { Activation, Emit, Signal } from "../../core/signal.ts";
import { endedEarly, isSignal, noSignal, repeated } from "./journey.ts";
import type { Layer, Openable, OpenLayer } from "./layer.ts";

/** The trip of one activation through an operator. */
interface Errand {
  readonly emit: Emit;
  readonly completed: (activation: Activation) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * An operator, subscribed once. The signals that it emits up to an activation belong to that activation. It must emit exactly one
 * activation for each that it receives; meanwhile the batch is in no layer.
 */
const openStream = (layer: Layer): OpenLayer => {
  const in$ = new Subject<Signal>();
  let errand: Errand | undefined;
  let isAnswered = true;
  let isEnded = false;
  let taken = 0;
  let place = "branch";
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    errand?.failed(error);
  };
  const check = (): void => {
    if (failure) throw failure.error;
  };
  const subscription = layer(in$).subscribe({
    next: (signal) => {
      if (!isSignal(signal)) fail(noSignal(place, signal));
      else if (signal._tag !== "Activation") errand?.emit(signal);
      else if (isAnswered) fail(repeated(place));
      else {
        isAnswered = true;
        errand?.completed(signal);
      }
    },
    error: fail,
    complete: () => {
      isEnded = true;
      if (!isAnswered) fail(endedEarly(place, taken - 1));
    },
  });
  return {
    run: (activation, emit) => {
      const { step, trace } = activation;
      place = trace?.place() ?? `branch, step ${step}`;
      check();
      if (isEnded) throw endedEarly(place, taken);
      taken++;
      isAnswered = false;
      let output: Activation | undefined;
      let later: ((activation: Activation) => void) | undefined;
      let reject: ((error: unknown) => void) | undefined;
      errand = {
        emit,
        completed: (completed) => {
          trace?.enter();
          output = completed;
          later?.(completed);
        },
        failed: (error) => reject?.(error),
      };
      trace?.leave(undefined);
      in$.next(activation);
      check();
      return (
        output ??
        new Promise<Activation>((resolve, refuse) => {
          later = resolve;
          reject = refuse;
        })
      );
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};

/** Opens a layer that another layer runs. */
export const openBranch = ({ layer, opening }: Openable): OpenLayer => opening?.open() ?? openStream(layer);
