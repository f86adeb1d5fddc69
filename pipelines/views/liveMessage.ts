/** @file What a server of a page tells it of a run that goes on: server-sent events, whose data are packed bytes in base64. */
import type { RunView } from "./runView.ts";
import type { ViewChanges } from "./viewChanges.ts";

/** How a run is doing; `silent` says that nobody works on it, although it has not ended. */
export interface RunStatus {
  readonly state: "live" | "finished" | "stopped" | "failed" | "silent";
  /** A sentence for a person; empty while it is live. */
  readonly text: string;
}

/** Data of the event `view`, which replaces all that was told before. */
export interface WholeMessage {
  readonly status: RunStatus;
  readonly view: RunView;
}

/** Data of the event `changes`, which are those of the last event. */
export interface ChangesMessage {
  readonly status: RunStatus;
  readonly changes: ViewChanges;
}

/** Names of the events; the data of `rate` is a number n: this reader gets every n-th update, because it takes them slowly. */
export type LiveEvent = "view" | "changes" | "rate";
