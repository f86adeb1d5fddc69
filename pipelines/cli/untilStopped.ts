/** @file SIGINT (Ctrl-C) and SIGTERM (schedulers) for commands that stop gracefully. */
import { type Observable, ReplaySubject } from "rxjs";
import { endProcess } from "../foreign/ending.ts";

/** The signals received so far. */
export interface Stopping {
  /** Emits each signal; a signal that comes again ends the process. */
  readonly stop$: Observable<NodeJS.Signals>;
  readonly isStopped: () => boolean;
}

/** Calls `act`, which SIGINT and SIGTERM ask to stop. */
export const untilStopped = async <T>(act: (stopping: Stopping) => Promise<T>): Promise<T> => {
  const stop$ = new ReplaySubject<NodeJS.Signals>(1);
  let isStopped = false;
  const heard = new Set<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals): void => {
    // A scheduler and the script that it started may send different signals; only a repeated one ends the process.
    if (heard.has(signal)) endProcess(130);
    heard.add(signal);
    isStopped = true;
    stop$.next(signal);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await act({ stop$, isStopped: () => isStopped });
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};
