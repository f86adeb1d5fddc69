/** @file Guards a user's tap: its exceptions and rejected promises become the run's error, with a message. */
import { thrownBy } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import { handedTo, targetCopy } from "../../core/readsOnly.ts";
import type { Signal } from "../../core/signal.ts";

export interface GuardedTap {
  /** Passes a signal to the tap. Throws what the tap throws, or the rejection of an earlier call. */
  readonly see: (signal: Signal) => void;
  /** Ends the tap. Throws the rejection of an earlier call; later rejections are unhandled. */
  readonly end: () => void;
}

/** A signal that the tap may change: the run goes on with its own. Tensors and parameters in it are those of the network. */
const handed = (tap: object, signal: Signal): Signal => {
  switch (signal._tag) {
    case "RangeSeen":
      return handedTo(tap, signal);
    case "Activation":
      return { ...signal, target: targetCopy(signal.target) };
    default:
      return { ...signal };
  }
};

/** @param tap may return a promise, which is not awaited */
export const guardedTap = (tap: (signal: Signal) => unknown): GuardedTap => {
  let late: { readonly error: unknown } | undefined;
  let isOver = false;
  const check = (): void => {
    if (late) throw late.error;
  };
  const failed = ({ _tag, step }: Signal, error: unknown): Error =>
    thrownBy(`tap, at ${_tag} of step ${step}`, error, "a function that takes every signal");
  return {
    see: (signal) => {
      check();
      try {
        const result = tap(handed(tap, signal));
        if (isPromise(result))
          result.then(undefined, (error: unknown) => {
            late ??= { error: failed(signal, error) };
            if (isOver) throw late.error;
          });
      } catch (error) {
        throw failed(signal, error);
      }
    },
    end: () => {
      isOver = true;
      check();
    },
  };
};
