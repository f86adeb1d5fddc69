/** @file Ctrl-C, and the end that schedulers ask for, at a command that can go on later. */
import { type Observable, ReplaySubject } from "rxjs";
import { endProcess } from "../foreign/ending.ts";

/** What SIGINT and SIGTERM have asked for. */
export interface Stopping {
  /** Emits at the first signal; the second one ends the process. */
  readonly stop$: Observable<void>;
  readonly isStopped: () => boolean;
}

/** Does what can be stopped by SIGINT or SIGTERM. */
export const untilStopped = async <T>(act: (stopping: Stopping) => Promise<T>): Promise<T> => {
  const stop$ = new ReplaySubject<void>(1);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) endProcess(130);
    isStopped = true;
    stop$.next();
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
