/** @file Ctrl-C, and the end that schedulers ask for, at a command that ends by itself then. */
import { type Observable, ReplaySubject } from "rxjs";
import { endProcess } from "../foreign/ending.ts";

/** What SIGINT and SIGTERM have asked for. */
export interface Stopping {
  /** Emits each signal; one that comes again ends the process. */
  readonly stop$: Observable<NodeJS.Signals>;
  readonly isStopped: () => boolean;
}

/** Does what can be stopped by SIGINT or SIGTERM. */
export const untilStopped = async <T>(act: (stopping: Stopping) => Promise<T>): Promise<T> => {
  const stop$ = new ReplaySubject<NodeJS.Signals>(1);
  let isStopped = false;
  const heard = new Set<NodeJS.Signals>();
  const stop = (signal: NodeJS.Signals): void => {
    // A scheduler may send another one than the script that it has started.
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
