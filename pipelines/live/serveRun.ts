/** @file The page of a run that trains in this process. */
import {
  catchError,
  concat,
  defer,
  finalize,
  ignoreElements,
  type MonoTypeOperatorFunction,
  tap,
  throwError,
} from "rxjs";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import type { Signal } from "../../core/signal.ts";
import type { TrainEvent } from "../runs/events.ts";
import { liveRun } from "./liveRun.ts";
import { pageServer } from "./pageServer.ts";
import type { Place } from "./place.ts";

export interface ServeOptions extends Place {
  /** Hears of an error of the page's server: it ends the page, and training goes on. */
  readonly failed?: (error: unknown) => void;
}

export interface ServedRun {
  /** The address that a browser opens, such as `http://127.0.0.1:4321/`. */
  readonly url: string;
  /** The tap that `train` takes. */
  readonly tap: (signal: Signal) => void;
  /** Shows the events of `train`. Their stream ends when those who look on have got the end, two seconds later at most. */
  readonly show: MonoTypeOperatorFunction<TrainEvent>;
  /** Ends the page at once. */
  readonly close: () => void;
}

/** Updates of the page: twice a second, and half a percent of the thread at most. */
const pace = { every: 500, share: 0.005 };

const optionNames: OptionNames<ServeOptions> = { port: true, host: true, failed: true };

/**
 * Serves the page of one run while it trains: what `rangeflow report` shows, up to the last step, twice a second.
 *
 * Whoever opens it late gets the whole history; who is slow gets fewer updates, and nothing queues up. The server keeps no process
 * alive, and ends with the run; a page that is open then keeps all that it shows. It is reached from this machine alone, unless
 * `host` names another interface.
 *
 * @param given port, from 0 (any free one) to 65535, and host; the first free port from 4321 on at 127.0.0.1 where missing
 * @throws `RangeflowFailure` if the port is in use, or the host is none of this machine
 * @example not run: it trains for seconds, and serves a page meanwhile
 * const page = await serveRun();
 * console.log(page.url);
 * train(builtIn({ data: "glyphs" }), { out: "runs/seen", tap: page.tap }).pipe(page.show).subscribe();
 */
export const serveRun = async (given: ServeOptions = {}): Promise<ServedRun> => {
  const { failed = () => {}, ...place } = knownOptions("serveRun", given, optionNames);
  const run = liveRun();
  let isOver = false;
  const server = await pageServer(run.shown, {
    ...place,
    ...pace,
    failed: (error) => {
      isOver = true;
      failed(error);
    },
  });
  /** What goes wrong with the page ends the page, not the run. */
  const safely = (act: () => void): void => {
    if (isOver) return;
    try {
      act();
    } catch (error) {
      isOver = true;
      server.close();
      failed(error);
    }
  };
  const ended$ = defer(server.end).pipe(ignoreElements());
  return {
    url: server.url,
    tap: (signal) => safely(() => run.tap(signal)),
    show: (events$) =>
      concat(events$.pipe(tap((event) => safely(() => run.see(event)))), ended$).pipe(
        catchError((error: unknown) => {
          safely(() => run.fail(error));
          return concat(
            ended$,
            throwError(() => error),
          );
        }),
        finalize(server.close),
      ),
    close: server.close,
  };
};
