import { type MonoTypeOperatorFunction, tap } from "rxjs";
import type { RangeSeen, Signal } from "../../core/signal.ts";

/** Receiver of `RangeSeen` signals: a file, an array, a socket. Both functions throw on failure. */
export interface RangeSink {
  /** Called for each signal, in order. */
  readonly append: (seen: RangeSeen) => void;
  /** Called once, after the last signal. */
  readonly close: () => void;
}

/**
 * Passes all signals on, and sends each `RangeSeen` signal to a sink. Closes the sink when the stream completes, fails or is
 * unsubscribed.
 *
 * @returns a stream that fails with the sink's error, also if that occurs on closing: a stream that completes has been recorded
 *   completely
 * @example
 * const seen: string[] = [];
 * const tap = record({ append: ({ site }) => seen.push(site), close: () => seen.push("end") });
 * const signals$ = EMPTY.pipe(tap);
 * signals$; // []
 * seen; // ["end"]
 */
export const record =
  (sink: RangeSink): MonoTypeOperatorFunction<Signal> =>
  (signals$) =>
    signals$.pipe(
      tap({
        next: (signal) => {
          if (signal._tag === "RangeSeen") sink.append(signal);
        },
        complete: () => sink.close(),
        error: () => {
          try {
            sink.close();
          } catch {
            // The failure of the stream takes precedence.
          }
        },
        unsubscribe: () => sink.close(),
      }),
    );
