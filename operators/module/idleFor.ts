/** @file Detection of lost batches, which never leave the network. */
import { filter, interval, type Observable, scan, take } from "rxjs";

/** Progress of a stream of batches. */
export interface Liveliness {
  /** Number that grows whenever anything moves. */
  readonly moves: number;
  /** Whether a batch is on its way but in no layer; only there it can get lost. */
  readonly mayBeLost: boolean;
}

/** Largest interval between two checks, in seconds. */
const longestTick = 60;

/**
 * Emits once nothing has moved for `patience` seconds while a batch may be lost. Checks ten times in that time.
 *
 * @param patience in seconds
 */
export const idleFor = (patience: number, look: () => Liveliness): Observable<unknown> => {
  const tick = Math.min(patience / 10, longestTick);
  return interval(1000 * tick).pipe(
    scan(
      ({ before, idle }) => {
        const { moves, mayBeLost } = look();
        return { before: moves, idle: mayBeLost && moves === before ? idle + tick : 0 };
      },
      { before: 0, idle: 0 },
    ),
    filter(({ idle }) => idle >= patience),
    take(1),
  );
};
