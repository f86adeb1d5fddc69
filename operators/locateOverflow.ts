import { catchError, defer, tap, throwError } from "rxjs";
import { problem, RangeflowFailure } from "../core/errors.ts";
import type { Fault } from "../core/signal.ts";
import type { Layer } from "./layer.ts";

/**
 * Adds to a failure, such as a loss that is not finite, the site that was the first to see NaN or infinity in its step: what
 * overflowed lies right in front of it. Behind the end of a network; costs a comparison a signal.
 */
export const locateOverflow: Layer = (signals$) =>
  defer(() => {
    let first: Fault | undefined;
    return signals$.pipe(
      tap((signal) => {
        if (signal._tag === "Updated") first = undefined;
        else if (signal._tag === "Fault" && signal.kind === "NonFiniteTensor") first ??= signal;
      }),
      catchError((error: unknown) =>
        throwError(() =>
          first !== undefined && error instanceof RangeflowFailure
            ? new RangeflowFailure(
                ...error.problems,
                problem(
                  `${first.site}, step ${first.step}`,
                  "the first tensor that holds NaN or infinity",
                  "finite numbers",
                ),
              )
            : error,
        ),
      ),
    );
  });
