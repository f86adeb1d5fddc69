import { catchError, defer, tap, throwError } from "rxjs";
import { RangeflowFailure } from "../../core/errors.ts";
import type { Layer } from "../../operators/module/layer.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import type { ResolvedSite } from "../../quantizers/rules/resolveRules.ts";

/** Notes in the catalogue on the quantizers of these sites, once each, as `qsgd: ..`. */
const notesOn = (sites: readonly Pick<ResolvedSite, "quantizer">[]): readonly string[] => {
  const used = new Set(
    sites
      .filter(({ quantizer }) => quantizer.bits !== 32)
      .map(({ quantizer: { learned, transform, projection } }) => (learned ?? transform ?? projection)?.name),
  );
  return quantizerCatalogue.flatMap(({ name, note }) =>
    note !== undefined && used.has(name) ? [`${name}: ${note.replace(/\.$/, "")}`] : [],
  );
};

const noted = ({ problems }: RangeflowFailure, notes: readonly string[]): RangeflowFailure =>
  new RangeflowFailure(
    ...problems.map((wrong) =>
      wrong._tag === "Problem"
        ? { ...wrong, hint: [wrong.hint, ...notes].filter(Boolean).join("; ") }
        : wrong,
    ),
  );

/**
 * Adds the catalogue's notes on the network's quantizers to the failure of a loss that is not finite: where they were measured not to
 * train, and what to do about it. Place it after the end of a network.
 *
 * @param sites sites of the network with their quantizers
 */
export const noteDivergence =
  (sites: readonly Pick<ResolvedSite, "quantizer">[]): Layer =>
  (signals$) =>
    defer(() => {
      let isLost = false;
      return signals$.pipe(
        tap((signal) => {
          if (signal._tag === "Fault" && signal.kind === "LossNotFinite") isLost = true;
        }),
        catchError((error: unknown) =>
          throwError(() =>
            isLost && error instanceof RangeflowFailure ? noted(error, notesOn(sites)) : error,
          ),
        ),
      );
    });
