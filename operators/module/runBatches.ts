import { Observable, Subject, type Subscription } from "rxjs";
import { problem, RangeflowFailure, thrownBy } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import { idleFor } from "./idleFor.ts";
import { endedEarly, isSignal, type Journey, journeyOf, missing, noSignal, repeated } from "./journey.ts";
import type { Layer } from "./layer.ts";
import { defaultPatience } from "./patience.ts";

export interface RunBatchesOptions {
  /** Index of the first batch. */
  readonly from?: number;
  /** Index after the last batch. */
  readonly to: number;
  /** Asked before each batch: true ends the stream there. */
  readonly stopped?: () => boolean;
  /** Asked before each batch: true if it will call `resume` later, so that others may have the thread meanwhile. */
  readonly pause?: (resume: () => void) => boolean;
  /** Seconds for which an operator between layers may keep an activation; layers have the time that they need. 10 if missing. */
  readonly patience?: number;
}

/** @throws `RangeflowFailure` of a number with which batches would never end, or never begin */
const checkNumbers = ({
  from,
  to,
  patience,
}: Required<Pick<RunBatchesOptions, "from" | "to" | "patience">>): void => {
  const isIndex = (index: number): boolean => Number.isInteger(index) && index >= 0;
  const refuse = (found: string, expected: string): RangeflowFailure =>
    new RangeflowFailure(problem("runBatches", found, expected));
  if (!isIndex(from)) throw refuse(`from is ${from}`, "the index of the first batch, an integer from 0");
  if (!isIndex(to) && to !== Number.POSITIVE_INFINITY)
    throw refuse(`to is ${to}`, "the index after the last batch, or Infinity");
  if (!(patience > 0)) throw refuse(`patience is ${patience}`, "a number of seconds above 0");
};

/**
 * What somebody answers in front of a batch.
 *
 * @throws `RangeflowFailure` where that is not true or false at once
 */
const answerOf = (name: string, batch: number, ask: (() => boolean) | undefined): boolean => {
  const where = `${name}, before batch ${batch}`;
  const expected = "true or false at once";
  try {
    const answer = ask?.() ?? false;
    if (isPromise(answer)) throw new RangeflowFailure(problem(where, "returned a promise", expected));
    return answer;
  } catch (error) {
    throw thrownBy(where, error, expected);
  }
};

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
 * The process stays alive while a batch is under way.
 *
 * @param make makes batch `index`; called inside the step, after the one before is done
 * @throws `RangeflowFailure` if `from` or `to` is no index, or `patience` is not above 0
 * @returns errors with `RangeflowFailure`, which names step and layer, where an operator between layers repeats an activation, keeps it
 *   beyond the patience, or ends the stream early, and where `stopped` or `pause` throws
 * @example
 * const scope = scopeFor({ engine: reference(), shape: [1, 1, 2] });
 * const batch = { x: Float32Array.of(1, -2), target: Int32Array.of(0), shape: [1, 1, 1, 2] };
 * const stepOf = (step: number) => beginStep(scope.engine, batch, { step, training: false });
 * const outputs$ = runBatches({ to: 2 }, stepOf)(build(relu(), scope).layer).pipe(snapshot(scope.engine));
 * outputs$.pipe(map(({ _tag }) => _tag)); // ["Activation", "Activation"]
 */
export const runBatches = (
  options: RunBatchesOptions,
  make: (index: number) => Activation,
): ((network: Layer) => Observable<Signal>) => {
  const known = { from: true, to: true, stopped: true, pause: true, patience: true } as const;
  const {
    from = 0,
    to,
    stopped,
    pause,
    patience = defaultPatience,
  } = knownOptions("runBatches", options, known);
  checkNumbers({ from, to, patience });
  return (network) =>
    new Observable((subscriber) => {
      const in$ = new Subject<Signal>();
      let sent = from;
      let done = from;
      let end = to;
      let pumping = false;
      let journey: Journey | undefined;
      /** Signals that have come out. */
      let heard = 0;
      let watch: Subscription | undefined;

      const fail = (error: unknown): void => subscriber.error(error);
      const place = (): string => journey?.place() ?? "network, before its first batch";

      /** Looks after batches that do not come out at once. */
      const watching = (): Subscription =>
        idleFor(patience, () => ({
          moves: heard + (journey?.moves() ?? 0),
          mayBeLost: sent > done && journey?.isInLayer() === false,
        })).subscribe(() => fail(missing(place(), patience)));

      const send = (): void => {
        const batch = make(sent++);
        journey = journeyOf(batch.step);
        in$.next({ ...batch, trace: journey });
        if (sent === done || subscriber.closed || watch) return;
        watch = watching();
        subscriber.add(watch);
      };

      /** Sends the next batch, unless somebody else has the thread until `pump` is called again. */
      const proceed = (isFree: boolean): "sent" | "paused" => {
        if (answerOf("stopped", sent, stopped)) end = sent;
        else if (!isFree && answerOf("pause", sent, pause && (() => pause(() => pump(true)))))
          return "paused";
        else send();
        return "sent";
      };

      const pump = (isResumed: boolean): void => {
        if (pumping) return;
        pumping = true;
        let isFree = isResumed;
        try {
          while (!subscriber.closed && sent < end && sent === done) {
            if (proceed(isFree) === "paused") break;
            isFree = false;
          }
        } catch (error) {
          fail(error);
        }
        pumping = false;
        if (done >= end) in$.complete();
      };

      const subscription = network(in$).subscribe({
        next: (signal) => {
          heard++;
          if (!isSignal(signal)) {
            fail(noSignal(place(), signal));
            return;
          }
          if (signal._tag !== "Activation") {
            subscriber.next(signal);
            return;
          }
          if (sent === done || (signal.trace && signal.trace !== journey)) {
            fail(repeated(signal.trace?.place() ?? place()));
            return;
          }
          subscriber.next(signal);
          done++;
          pump(false);
        },
        error: fail,
        complete: () => {
          if (done < end) fail(endedEarly(place(), done - from, end - from));
          else subscriber.complete();
        },
      });
      subscriber.add(subscription);
      pump(false);
    });
};
