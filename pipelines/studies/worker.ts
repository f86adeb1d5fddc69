/** @file A process of a study: it trains what its parent sends, one run after another, and tells it what happens. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { BuiltIn, ExperimentFile } from "../experiments/source.ts";
import { FileFailure } from "../files/fileErrors.ts";
import { endProcess, guardEnding } from "../foreign/ending.ts";
import { loadedFiles } from "../foreign/loadedFiles.ts";
import { watchProcess } from "../foreign/watchdog.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Resources } from "../runs/resources.ts";
import { train } from "../runs/train.ts";
import { fewerSteps } from "./fewerSteps.ts";

/** Message of the parent: a run to train. Another one, `stop`, ends it at its next batch. */
export interface Task extends Partial<Resources> {
  /** An experiment that is plain data, so that it can be sent. */
  readonly source: BuiltIn | ExperimentFile;
  readonly out: string;
  readonly resume: boolean;
  /** Identity of the run that was planned, as a hash. */
  readonly runId: string;
}

/**
 * Message to the parent: an event of the run, the sentence that it has failed with, and whether files of this machine are why, or, when it has let go of its directory, whether
 * the process is free to train another one.
 */
export type Told =
  | { readonly event: TrainEvent }
  | { readonly failed: string; readonly byFiles: boolean }
  | { readonly isFree: boolean };

/** Tells the parent; where the process serves no other run, it ends when that has been told. */
const tell = (told: Told): void => {
  const isLast = "failed" in told || ("isFree" in told && !told.isFree);
  if (process.connected) process.send?.(told, () => isLast && endProcess(0));
};

let isStopped = false;

const run = ({ source, ...options }: Task): void => {
  // A parent that went while this process was loading is not there to end it any more.
  if (!process.connected) endProcess(0);
  isStopped = false;
  train(source, { ...options, stopped: () => isStopped })
    .pipe(fewerSteps())
    .subscribe({
      next: (event) => tell({ event }),
      error: (error: unknown) => {
        if (!(error instanceof RangeflowFailure)) throw error;
        tell({ failed: error.message, byFiles: error instanceof FileFailure });
      },
      // Once the run has been unsubscribed from. What modules of a user's own have left behind, in timers say, must not meet another run.
      complete: () => queueMicrotask(() => tell({ isFree: loadedFiles().length === 0 })),
    });
};

watchProcess({ endsWithParent: true });
guardEnding("the process of the run", (sentence, end) => {
  if (process.connected) process.send?.({ failed: sentence, byFiles: false } satisfies Told, end);
  else end();
});
// Ctrl-C goes to all processes of a terminal, and the end of a job to all of a scheduler's; the parent tells when it is time to stop.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
// The parent is gone.
process.on("disconnect", () => endProcess(0));
process.on("message", (message: Task | "stop") => {
  if (message === "stop") isStopped = true;
  else run(message);
});
