import { filter, map, type OperatorFunction } from "rxjs";
import type { RangeStat } from "../../core/range.ts";
import type { Signal } from "../../core/signal.ts";

/** The statistics that the estimator of one site observes, live or replayed. */
export const at =
  (site: string): OperatorFunction<Signal, RangeStat> =>
  (signals$) =>
    signals$.pipe(
      filter(
        (signal) => signal._tag === "RangeSeen" && signal.site === site && signal.verdict === "observed",
      ),
      map((signal) => (signal as Signal & { _tag: "RangeSeen" }).stat),
    );
