import { from, type Observable } from "rxjs";
import type { RangeSeen } from "../../core/signal.ts";

/**
 * The stream of `RangeSeen` signals of a recorded run, from any source of rows. Estimators can be subscribed to it as to a live
 * run.
 *
 * @example
 * // The rows of a recording.
 * declare const rows: Iterable<RangeSeen>;
 * // The very ranges that the site would have used live:
 * const ranges$ = () => replay(rows).pipe(at("conv1/input"), inHindsight({ decay: 0.9 }));
 */
export const replay = (rows: Iterable<RangeSeen>): Observable<RangeSeen> => from(rows);
