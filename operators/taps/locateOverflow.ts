import { catchError, defer, tap, throwError } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { Layer } from "../module/layer.ts";

/** The failure, with the origin of the problem in its step. */
const located = ({ problems }: RangeflowFailure, site: string): RangeflowFailure =>
  new RangeflowFailure(
    ...problems.map((wrong) =>
      wrong._tag === "Problem"
        ? { ...wrong, found: `${wrong.found}, and ${site} was the first site to see NaN or infinity` }
        : wrong,
    ),
  );

/**
 * Adds to a failure, e.g. of a loss that is not finite, the first site that observed NaN or infinity in its step; the overflow
 * happened just before that site. A failure that already names a parameter is not changed. Place it behind the end of a network; it
 * costs one comparison per signal.
 */
export const locateOverflow: Layer = (signals$) =>
  defer(() => {
    let first: string | undefined;
    return signals$.pipe(
      tap((signal) => {
        if (signal._tag === "Updated") first = undefined;
        else if (signal._tag === "Fault") {
          if (signal.kind === "NonFiniteTensor") first ??= signal.site;
          const blamesParameter = !signal.message.startsWith(signal.site);
          if (signal.kind === "LossNotFinite" && blamesParameter) first = undefined;
        }
      }),
      catchError((error: unknown) =>
        throwError(() =>
          first !== undefined && error instanceof RangeflowFailure ? located(error, first) : error,
        ),
      ),
    );
  });
