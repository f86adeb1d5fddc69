import { finalize, type MonoTypeOperatorFunction, tap } from "rxjs";
import type { RangeSeen, Signal } from "../../core/signal.ts";

/** Anything that takes what sites have seen: a file, an array, a socket. It throws if it cannot keep up. */
export interface RangeSink {
  readonly append: (seen: RangeSeen) => void;
  readonly close: () => void;
}

/**
 * Passes every signal on unchanged, and what sites have seen also to a sink; closes the sink at the end, however it comes.
 *
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
      tap((signal) => {
        if (signal._tag === "RangeSeen") sink.append(signal);
      }),
      finalize(() => sink.close()),
    );
