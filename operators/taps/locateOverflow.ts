import { catchError, defer, tap, throwError } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { Layer } from "../module/layer.ts";

/** The failure, saying also where its step began to go wrong. */
const located = ({ problems }: RangeflowFailure, site: string): RangeflowFailure =>
  new RangeflowFailure(
    ...problems.map((wrong) =>
      wrong._tag === "Problem"
        ? { ...wrong, found: `${wrong.found}, and ${site} was the first site to see NaN or infinity` }
        : wrong,
    ),
  );

/**
 * Adds to a failure, such as a loss that is not finite, the site that was the first to see NaN or infinity in its step: what
 * overflowed lies right in front of it. A loss that already blames a parameter stays as it is. Belongs behind the end of a
 * network; costs a comparison a signal.
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
