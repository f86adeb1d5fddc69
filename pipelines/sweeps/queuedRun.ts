/** A run in a queue: the name of its study, the place of its store, and the name of its job there. */
export interface QueuedRun {
  readonly study: string;
  readonly place: string;
  readonly job: string;
}
