import { from, type Observable } from "rxjs";
import type { RangeSeen } from "../../core/signal.ts";

/**
 * What a recorded run has seen, as the stream that it was, from any source of rows.
 *
 * @example
 * replay(rows).pipe(at("conv1/input"), inHindsight({ decay: 0.9 })) // the very ranges that it would have used live
 */
export const replay = (rows: Iterable<RangeSeen>): Observable<RangeSeen> => from(rows);
