/** @file Batches that nobody has any more: they are looked for where none comes out for too long. */
import { filter, interval, type Observable, scan, take } from "rxjs";

/** How a stream of batches is doing. */
export interface Liveliness {
  /** Grows whenever anything moves. */
  readonly moves: number;
  /** Whether a batch is under way, and in no layer: only there it may get lost. */
  readonly mayBeLost: boolean;
}

/** Seconds between two looks at most. */
const longestTick = 60;

/**
 * Emits once nothing has moved for so many seconds while a batch may be lost, by a look at every tenth of them.
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
