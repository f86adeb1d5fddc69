import { Observable, Subject, type Subscription } from "rxjs";
import { problem, RangeflowFailure, thrownBy } from "../../core/errors.ts";
import { isPromise } from "../../core/eventual.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import { idleFor } from "./idleFor.ts";
import { endedEarly, isSignal, type Journey, journeyOf, missing, noSignal, repeated } from "./journey.ts";
import type { Layer } from "./layer.ts";
import { defaultPatience } from "./patience.ts";

/** Options of `runBatches`. */
export interface RunBatchesOptions {
  /** Index of the first batch. Default: 0. */
  readonly from?: number;
  /** Index after the last batch; Infinity for no end. */
  readonly to: number;
  /** Asked before each batch; `true` ends the stream there. Default: never. */
  readonly stopped?: () => boolean;
  /**
   * Asked before each batch; `true` if it will call `resume` later, so that other work can use the thread meanwhile. Default:
   * never.
   */
  readonly pause?: (resume: () => void) => boolean;
  /** Time limit in seconds for operators between layers to keep an activation; layers have no limit. Default: 10. */
  readonly patience?: number;
}

/** Checks the numbers. @throws `RangeflowFailure` if batches would never start or never end */
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
 * The answer of a callback before a batch.
 *
 * @throws `RangeflowFailure` unless it returns true or false synchronously
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
 * Runs batches through a network, one at a time: the next batch is made when the previous one has come out as an activation,
 * because making a batch releases the tensors of the step before.
 *
 * Nothing queues up, however slow a step is. Synchronous steps run in a loop, not recursively, so the stack does not grow. The
 * network is subscribed once; its state lives from batch to batch.
 *
 *     index   0----1----2|
 *     signals --a--A-b--B-c--C|     the batch's signals, then its activation
 *
 * The process stays alive while a batch is on its way.
 *
 * @param make makes batch `index`; called once the batch before it is done
 * @returns an operator on a network. Its stream fails with a `RangeflowFailure` naming step and layer if an operator between layers
 *   repeats an activation, keeps it beyond the patience, or completes early, and if `stopped` or `pause` throws
 * @throws `RangeflowFailure` for unknown options, if `from` or `to` is not an index, or if `patience` is not above 0
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
      /** Number of signals that have come out. */
      let heard = 0;
      let watch: Subscription | undefined;

      const fail = (error: unknown): void => subscriber.error(error);
      const place = (): string => journey?.place() ?? "network, before its first batch";

      /** Watches for batches that do not come out at once. */
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

      /** Sends the next batch, unless other work uses the thread until `pump` is called again. */
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
