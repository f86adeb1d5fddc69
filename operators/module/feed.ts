import { Observable, Subject } from "rxjs";
import type { Activation, Signal } from "../../core/signal.ts";
import type { Layer } from "./layer.ts";

export interface FeedOptions {
  /** Index of the first batch. */
  readonly from?: number;
  /** Index after the last batch. */
  readonly to: number;
  /** Asked before each batch: true ends the stream there. */
  readonly stopped?: () => boolean;
  /** Asked before each batch: true if it will call `resume` later, so that others may have the thread meanwhile. */
  readonly pause?: (resume: () => void) => boolean;
}

/**
 * Pulls batches through a network: the next one is made when the one before has come out at the end as an activation, because
 * making one forgets what the engine holds of the step before.
 *
 * Batches are indices until then, so nothing queues up, however slow a step is. Synchronous steps run in a loop, not in one
 * another, so a million of them do not grow the stack. The network is subscribed once; its state lives from batch to batch.
 *
 *     index   0----1----2|
 *     signals --a--A-b--B-c--C|     the batch's signals, then its activation
 *
 * @param make makes batch `index`; called inside the step, after the one before is done
 */
export const feed =
  ({ from = 0, to, stopped, pause }: FeedOptions, make: (index: number) => Activation) =>
  (network: Layer): Observable<Signal> =>
    new Observable((subscriber) => {
      const in$ = new Subject<Signal>();
      let sent = from;
      let done = from;
      let end = to;
      let pumping = false;

      const send = (): void => {
        let batch: Activation;
        try {
          batch = make(sent++);
        } catch (error) {
          subscriber.error(error);
          return;
        }
        in$.next(batch);
      };

      const pump = (isResumed: boolean): void => {
        if (pumping) return;
        pumping = true;
        let free = isResumed;
        while (!subscriber.closed && sent < end && sent === done) {
          if (stopped?.()) end = sent;
          else if (!free && pause?.(() => pump(true))) break;
          else send();
          free = false;
        }
        pumping = false;
        if (done >= end) in$.complete();
      };

      const subscription = network(in$).subscribe({
        next: (signal) => {
          subscriber.next(signal);
          if (signal._tag !== "Activation") return;
          done++;
          pump(false);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
      subscriber.add(subscription);
      pump(false);
    });
