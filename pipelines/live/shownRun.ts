/** @file State of a run that is shown: its view, which may start over, and its status. */
import type { RunStatus } from "../views/liveMessage.ts";
import type { OpenView } from "../views/openView.ts";

export interface ShownRun {
  readonly open: OpenView;
  /** Identifies `open`. A new value means that viewers have to load everything again. */
  readonly generation: string;
  readonly status: RunStatus;
}

let generations = 0;

/** A name that no other generation has, in this process or another. */
export const newGeneration = (): string =>
  `${process.pid.toString(36)}${Date.now().toString(36)}-${generations++}`;

export const live: RunStatus = { state: "live", text: "" };

export const finished: RunStatus = { state: "finished", text: "finished; this page keeps what it shows" };
