import { type MonoTypeOperatorFunction, tap } from "rxjs";
import type { RangeSeen, Signal } from "../../core/signal.ts";

/** Anything that takes what sites have seen: a file, an array, a socket. Both functions throw where they cannot. */
export interface RangeSink {
  readonly append: (seen: RangeSeen) => void;
  /** Called once, behind the last signal. */
  readonly close: () => void;
}

/**
 * Passes every signal on unchanged, and what sites have seen also to a sink; closes the sink at the end, however it comes.
 *
 * @returns errors with what the sink throws, at its end, too: a stream that completes has been recorded whole
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
            // What the stream has failed with comes first.
          }
        },
        unsubscribe: () => sink.close(),
      }),
    );
