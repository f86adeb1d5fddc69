/** What a queue knows of a run: its study, the place of that, and its document there. */
export interface QueuedRun {
  readonly study: string;
  readonly place: string;
  readonly job: string;
}
