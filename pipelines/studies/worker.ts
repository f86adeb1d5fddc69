/** @file The process of one run of a study: it trains what its parent sends, and tells it what happens. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { BuiltIn, ExperimentFile } from "../experiments/source.ts";
import { endProcess, guardEnding } from "../foreign/ending.ts";
import { watchProcess } from "../foreign/watchdog.ts";
import type { TrainEvent } from "../runs/events.ts";
import type { Resources } from "../runs/resources.ts";
import { train } from "../runs/train.ts";
import { fewerSteps } from "./fewerSteps.ts";

/** First message of the parent; a second one, `stop`, ends the run at its next batch. */
export interface Task extends Partial<Resources> {
  /** An experiment that is plain data, so that it can be sent. */
  readonly source: BuiltIn | ExperimentFile;
  readonly out: string;
  readonly resume: boolean;
  /** Identity of the run that was planned, as a hash. */
  readonly runId: string;
}

/** Message to the parent: an event of the run, or the sentence that it has failed with. */
export type Told = { readonly event: TrainEvent } | { readonly failed: string };

const isLast = (told: Told): boolean =>
  "failed" in told || told.event.event === "done" || told.event.event === "stopped";

/** Tells the parent; after the last that there is to tell, the process has done its work. */
const tell = (told: Told): void => {
  if (process.connected) process.send?.(told, () => isLast(told) && endProcess(0));
};

const run = ({ source, ...options }: Task): void => {
  // A parent that went while this process was loading is not there to end it any more.
  if (!process.connected) endProcess(0);
  let isStopped = false;
  process.once("message", () => {
    isStopped = true;
  });
  train(source, { ...options, stopped: () => isStopped })
    .pipe(fewerSteps())
    .subscribe({
      next: (event) => tell({ event }),
      error: (error: unknown) => {
        if (!(error instanceof RangeflowFailure)) throw error;
        tell({ failed: error.message });
      },
    });
};

watchProcess({ endsWithParent: true });
guardEnding("the process of the run", (sentence, end) => {
  if (process.connected) process.send?.({ failed: sentence } satisfies Told, end);
  else end();
});
// Ctrl-C goes to all processes of a terminal; the parent tells when it is time to stop.
process.on("SIGINT", () => {});
// The parent is gone.
process.on("disconnect", () => endProcess(0));
process.once("message", run);
