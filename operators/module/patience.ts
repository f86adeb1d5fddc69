/** @file How long somebody waits for what comes late; while they wait, the process stays alive. */
import { concatMap, map, type Observable, raceWith, timer } from "rxjs";
import type { Scope } from "./module.ts";

/** Seconds, unless told otherwise. */
export const defaultPatience = 10;

/** Milliseconds of the longest timer there is; a longer one would go off at once. */
const longestTimer = 2 ** 31 - 1;

/** Emits after so many milliseconds, however many they are. */
const elapsed = (milliseconds: number): Observable<unknown> =>
  milliseconds <= longestTimer
    ? timer(milliseconds)
    : timer(longestTimer).pipe(concatMap(() => elapsed(milliseconds - longestTimer)));

/**
 * Fails when a late answer does not come in time; the site adds where, at which step, and which estimator.
 *
 * @param setter who sets the limit, for the sentence
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
