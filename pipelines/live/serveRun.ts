/** @file Live page of a run that trains in this process. */
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
import { readsOnly } from "../../core/readsOnly.ts";
import type { Signal } from "../../core/signal.ts";
import type { TrainEvent } from "../runs/events.ts";
import { liveRun } from "./liveRun.ts";
import { pageServer } from "./pageServer.ts";
import type { Place } from "./place.ts";

/** Options of `serveRun` and `watchRun`. */
export interface ServeOptions extends Place {
  /** Called with an error of the page's server. It ends the page, and training continues. Default: ignored. */
  readonly failed?: (error: unknown) => void;
}

/** The live page of a run that trains in this process. */
export interface ServedRun {
  /** Address for a browser, such as `http://127.0.0.1:4321/`. */
  readonly url: string;
  /** Pass it to `train` as the option `tap`. */
  readonly tap: (signal: Signal) => void;
  /**
   * Operator for the events of `train`, which it shows on the page. Its stream completes once viewers have received the end, at most two
   * seconds later.
   */
  readonly show: MonoTypeOperatorFunction<TrainEvent>;
  /** Closes the page immediately. */
  readonly close: () => void;
}

/** Updates twice a second, with at most 0.5 % of the thread. */
const pace = { every: 500, share: 0.005 };

const optionNames: OptionNames<ServeOptions> = { port: true, host: true, failed: true };

/**
 * Serves a live page of one run while it trains. It shows what `rangeflow report` shows, up to the last step, and is updated twice a
 * second.
 *
 * A viewer who opens the page late gets the whole history. Slow viewers get fewer updates, and nothing queues up. The server does not
 * keep the process alive and ends with the run; open pages then keep what they show. Only this machine can reach it, unless `host` names
 * another interface.
 *
 * @param given port, host and error handler. Default: the first free port from 4321 at 127.0.0.1; port 0 means any free port
 * @throws `RangeflowFailure` if the port is in use, or the host is not one of this machine
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
  /** Errors of the page end the page, not the run. */
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
    tap: readsOnly((signal: Signal) => safely(() => run.tap(signal))),
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
