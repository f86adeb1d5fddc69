/** @file Worker process of a study: trains the runs that its parent sends, one after another, and reports their events. */
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

/** Message from the parent: a run to train. The message `stop` ends that run at its next batch. */
export interface Task extends Partial<Resources> {
  /** An experiment that is plain data and can therefore be sent. */
  readonly source: BuiltIn | ExperimentFile;
  readonly out: string;
  readonly resume: boolean;
  /** Id of the run that was planned. */
  readonly runId: string;
}

/**
 * Message to the parent. It is an event of the run; the error message of a failed run, and whether files of this machine caused it; or,
 * after the run has released its directory, whether the process can train another run.
 */
export type Told =
  | { readonly event: TrainEvent }
  | { readonly failed: string; readonly byFiles: boolean }
  | { readonly isFree: boolean };

/** Sends a message to the parent. If this process can train no other run, it exits after the last message. */
const tell = (told: Told): void => {
  const isLast = "failed" in told || ("isFree" in told && !told.isFree);
  if (process.connected) process.send?.(told, () => isLast && endProcess(0));
};

let isStopped = false;

const run = ({ source, ...options }: Task): void => {
  // The parent may have exited while this process was loading, before the handler below was installed.
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
      // Sent after the run has been unsubscribed from. User modules may leave timers behind, which must not affect another run.
      complete: () => queueMicrotask(() => tell({ isFree: loadedFiles().length === 0 })),
    });
};

watchProcess({ endsWithParent: true });
guardEnding("the process of the run", (sentence, end) => {
  if (process.connected) process.send?.({ failed: sentence, byFiles: false } satisfies Told, end);
  else end();
});
// Ctrl-C reaches all processes of a terminal, and a scheduler signals all processes of a job. The parent decides when to stop.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
// The parent has exited.
process.on("disconnect", () => endProcess(0));
process.on("message", (message: Task | "stop") => {
  if (message === "stop") isStopped = true;
  else run(message);
});
