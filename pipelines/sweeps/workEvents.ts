import type { JobEnd } from "./oneJob.ts";

/** Events of a worker: it is ready; a run has begun, ended, or was refused; or there is trouble with the queue. */
export type WorkEvent =
  | { readonly event: "working"; readonly queue: string; readonly jobs: number; readonly machine: string }
  | { readonly event: "begun"; readonly run: string }
  | ({ readonly event: "ended"; readonly run: string } & JobEnd)
  | { readonly event: "refused"; readonly run: string; readonly why: string }
  | { readonly event: "trouble"; readonly message: string };
