/** @file A user's tap: what it throws, or what a promise of it fails with, is the run's error, with a sentence. */
import { thrownBy } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import type { Signal } from "../../core/signal.ts";

export interface GuardedTap {
  /** Shows it a signal. Throws what it throws, or what a call before has failed with late. */
  readonly see: (signal: Signal) => void;
  /** Ends the tap. Throws what a call has failed with late; what fails later still is an unhandled rejection. */
  readonly end: () => void;
}

/** @param tap may answer with a promise, though nobody waits for that */
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
        const result = tap(signal);
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
