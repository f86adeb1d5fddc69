import { from, type Observable } from "rxjs";
import type { RangeSeen } from "../../core/signal.ts";

/**
 * Statistics of a recorded run as the stream that they were, from any source of rows.
 *
 * @example
 * // The rows of a recording.
 * declare const rows: Iterable<RangeSeen>;
 * // The very ranges that the site would have used live:
 * const ranges$ = () => replay(rows).pipe(at("conv1/input"), inHindsight({ decay: 0.9 }));
 */
export const replay = (rows: Iterable<RangeSeen>): Observable<RangeSeen> => from(rows);
