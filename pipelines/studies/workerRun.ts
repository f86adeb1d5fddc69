/** @file A run of a study in a process of its own. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Observable } from "rxjs";
import type { TrainEvent } from "../runs/events.ts";
import type { Task, Told } from "./worker.ts";

/** Compiled or not, the worker lies beside this file. */
const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** The end of what a process has written that is worth keeping. */
const longestText = 4000;

/**
 * Trains in a new process, which ends with this one, however this one ends.
 *
 * @param cwd the working directory, which the files that the task names are relative to
 * @param stop$ emits when the run is to stop at its next batch, so that it can be resumed
 * @returns the events of the run, some steps left out; completes when the process has gone; errors with the sentence that the
 *   run has failed with. Unsubscribing kills the process, which leaves a run that can be resumed
 */
export const workerRun = (task: Task, cwd: string, stop$: Observable<unknown>): Observable<TrainEvent> =>
  new Observable((subscriber) => {
    const child = fork(worker, {
      cwd,
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let written = "";
    let failed: string | undefined;
    let hasEnded = false;
    child.stderr?.on("data", (text) => {
      written = `${written}${text}`.slice(-longestText);
    });
    child.on("message", (told: Told) => {
      if ("failed" in told) failed = told.failed;
      else {
        hasEnded = told.event.event === "done" || told.event.event === "stopped";
        subscriber.next(told.event);
      }
    });
    child.on("error", (error) => subscriber.error(error));
    child.on("close", (code, signal) => {
      if (failed === undefined && !hasEnded)
        failed =
          `the process of the run ended ${signal === null ? `with code ${code}` : `by ${signal}`}. ${written}`.trim();
      if (failed === undefined) subscriber.complete();
      else subscriber.error(new Error(failed));
    });
    child.send(task);
    const stopping = stop$.subscribe(() => {
      if (child.connected) child.send("stop");
    });
    return () => {
      stopping.unsubscribe();
      child.kill("SIGKILL");
    };
  });
