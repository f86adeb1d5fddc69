/** @file Worker processes that train the runs of a study, one run after another. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Observable } from "rxjs";
import type { TrainEvent } from "../runs/events.ts";
import type { Task, Told } from "./worker.ts";
import { workerArguments } from "./workerArguments.ts";

/** The worker is next to this file, compiled or not. */
const worker = fileURLToPath(new URL("worker.js", import.meta.url));

/** Number of characters kept from the end of what a process has printed. */
const longestText = 4000;

/** A process exited without reporting on its run. */
export class EndedProcess extends Error {}

/** Files of this machine have ended a run. It may be resumed where they can be read and written. */
export class FailedFiles extends Error {}

/** Worker processes of a study. They end with this process, however it ends. */
export interface Workers {
  /**
   * Trains in an idle process, or in a new one.
   *
   * @param stop$ emits when the run is to stop at its next batch, so that it can be resumed
   * @returns the events of the run without some steps; completes when the run has released its directory. Errors with the message that
   *   the run failed with, with `FailedFiles` if files of this machine caused it, or with `EndedProcess`. Unsubscribing kills the process
   *   and leaves a run that can be resumed
   */
  readonly run: (task: Task, stop$: Observable<unknown>) => Observable<TrainEvent>;
  /** Ends the idle processes. */
  readonly close: () => void;
}

/** @param cwd working directory of the processes; file names in tasks are relative to it */
export const workersIn = (cwd: string): Workers => {
  const idle = new Set<ChildProcess>();

  const started = (): ChildProcess => {
    const child = fork(worker, {
      cwd,
      execArgv: workerArguments(process.execArgv),
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
      // The child may have died while idle.
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
