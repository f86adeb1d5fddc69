/** @file Messages of a live page's server: server-sent events whose data are packed bytes in base64. */
import type { RunView } from "./runView.ts";
import type { ViewChanges } from "./viewChanges.ts";

/** Status of a run. `silent`: no process works on it, although it has not finished. */
export interface RunStatus {
  readonly state: "live" | "finished" | "stopped" | "failed" | "silent";
  /** Status as text; empty while it is live. */
  readonly text: string;
}

/** Data of the event `view`, which replaces everything before. */
export interface WholeMessage {
  readonly status: RunStatus;
  readonly view: RunView;
}

/** Data of the event `changes`: changes since the last event. */
export interface ChangesMessage {
  readonly status: RunStatus;
  readonly changes: ViewChanges;
}

/** Names of the events. The data of `rate` is a number n: this viewer gets every n-th update, because it is slow. */
export type LiveEvent = "view" | "changes" | "rate";
