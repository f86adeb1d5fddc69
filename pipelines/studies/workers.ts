/** @file Processes that train the runs of a study, one run after another. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Observable } from "rxjs";
import type { TrainEvent } from "../runs/events.ts";
import type { Task, Told } from "./worker.ts";

/** Compiled or not, the worker lies beside this file. */
const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** The end of what a process has written that is worth keeping. */
const longestText = 4000;

/** A process that ended without a word on its run. */
export class EndedProcess extends Error {}

/** A run that files of this machine have ended: it may go on where they can be read and written. */
export class FailedFiles extends Error {}

/** Processes of a study, which end with this one, however this one ends. */
export interface Workers {
  /**
   * Trains in a process that has done its last run, or in a new one.
   *
   * @param stop$ emits when the run is to stop at its next batch, so that it can be resumed
   * @returns the events of the run, some steps left out; completes when the run has let go of its directory; errors with the sentence that
   *   the run has failed with, as `FailedFiles` where files of this machine are why, or with `EndedProcess`. Unsubscribing kills the process, which leaves a run that can be resumed
   */
  readonly run: (task: Task, stop$: Observable<unknown>) => Observable<TrainEvent>;
  /** Ends the processes that do nothing. */
  readonly close: () => void;
}

/** @param cwd the working directory of the processes, which the files that tasks name are relative to */
export const workersIn = (cwd: string): Workers => {
  const idle = new Set<ChildProcess>();

  const started = (): ChildProcess => {
    const child = fork(worker, {
      cwd,
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    child.on("close", () => idle.delete(child));
    return child;
  };

  const taken = (): ChildProcess => {
    for (const child of idle) {
      idle.delete(child);
      if (child.connected) return child;
    }
    return started();
  };

  const run = (task: Task, stop$: Observable<unknown>): Observable<TrainEvent> =>
    new Observable((subscriber) => {
      const child = taken();
      let written = "";
      let failed: Extract<Told, { readonly failed: string }> | undefined;
      let hasEnded = false;
      const read = (text: unknown): void => {
        written = `${written}${text}`.slice(-longestText);
      };
      const hear = (told: Told): void => {
        if ("failed" in told) failed = told;
        else if ("event" in told) {
          hasEnded = told.event.event === "done" || told.event.event === "stopped";
          subscriber.next(told.event);
        } else if (told.isFree) {
          idle.add(child);
          subscriber.complete();
        }
      };
      // One that died while it had nothing to do takes no task any more.
      const fail = ({ message }: Error): void =>
        subscriber.error(new EndedProcess(`the process of the run cannot be reached (${message})`));
      const close = (code: number | null, signal: string | null): void => {
        const how = signal === null ? `with code ${code}` : `by ${signal}`;
        if (failed !== undefined) subscriber.error(new (failed.byFiles ? FailedFiles : Error)(failed.failed));
        else if (hasEnded) subscriber.complete();
        else subscriber.error(new EndedProcess(`the process of the run ended ${how}. ${written}`.trim()));
      };
      child.on("message", hear).on("error", fail).on("close", close);
      child.stderr?.on("data", read);
      child.send(task);
      const stopping = stop$.subscribe(() => {
        if (child.connected) child.send("stop");
      });
      return () => {
        stopping.unsubscribe();
        if (!idle.has(child)) return void child.kill("SIGKILL");
        child.off("message", hear).off("error", fail).off("close", close);
        child.stderr?.off("data", read);
      };
    });

  return {
    run,
    close: () => {
      for (const child of idle) child.disconnect();
      idle.clear();
    },
  };
};
