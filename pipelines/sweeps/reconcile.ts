import type { Store } from "../stores/store.ts";
import { queued, studyState } from "./study.ts";
import type { SweepQueue } from "./sweepQueue.ts";

/**
 * Offers a queue everything that is left of a study. Lost jobs are added again; others stay.
 *
 * @returns number of runs that were not in the queue
 */
export const reconcile = async (store: Store, queue: SweepQueue, study: string): Promise<number> => {
  const { left } = await studyState(store, new Map());
  return queue.offer(queued(study, store, left));
};
