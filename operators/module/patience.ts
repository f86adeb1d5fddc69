/** @file Time limit for asynchronous ranges. The process stays alive while it waits. */
import { concatMap, map, type Observable, raceWith, timer } from "rxjs";
import type { Scope } from "./module.ts";

/** Default limit, in seconds. */
export const defaultPatience = 10;

/** Longest timer in milliseconds; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

/** Emits after any number of milliseconds. */
const elapsed = (milliseconds: number): Observable<unknown> =>
  milliseconds <= longestTimer
    ? timer(milliseconds)
    : timer(longestTimer).pipe(concatMap(() => elapsed(milliseconds - longestTimer)));

/**
 * Fails if an asynchronous answer does not come in time. The site adds its path, the step, and the estimator.
 *
 * @param setter what sets the limit, for the error
 */
export const patienceOf =
  (seconds: number, setter = "patience"): Scope["patience"] =>
  (answer$) =>
    answer$.pipe(
      raceWith(
        elapsed(1000 * seconds).pipe(
          map((): never => {
            throw new Error(`none within ${seconds} s, the limit that ${setter} sets`);
          }),
        ),
      ),
    );
