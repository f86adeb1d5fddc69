/**
 * @file Watchdog for calls of user code. An endless loop leaves nothing in its thread that could end it, neither a timer nor a signal
 *   handler, so another thread watches.
 *
 * Watched calls and turns of the event loop count beats in shared memory. If a call is active and no beat has come for as long as
 * `--patience` allows, the thread reports the call and kills the process. In a process with a parent it also does so when the parent is
 * gone. Only Rangeflow's own processes are watched (`watchProcess`), and only once a user module is loaded.
 */
import inspector from "node:inspector";
import { Worker } from "node:worker_threads";
import type { Watch } from "../../operators/module/module.ts";
import { watchListeners } from "./listeners.ts";
import { watchTimers } from "./timers.ts";

/** Words of the shared memory. */
export const depthWord = 0;
export const beatsWord = 1;
export const placeWord = 2;
export const stepWord = 3;
/** Word of the timeout, in milliseconds. */
export const patienceWord = 4;

/** Data for the thread. */
export interface Watched {
  readonly words: Int32Array;
  /** The process that this one works for. */
  readonly parent: number | undefined;
}

const beatEvery = 250;

/** Timeout in seconds. */
let patience = 10;
let isAllowed = false;
let parent: number | undefined;
let words: Int32Array | undefined;
let tellPlace = (_place: string): void => {};

/** Allows this process to be watched, once there is something to watch. */
export const watchProcess = ({ endsWithParent }: { readonly endsWithParent: boolean }): void => {
  isAllowed = true;
  if (endsWithParent) parent = process.ppid;
  watchListeners((event, call) => watchedCall(`a listener of ${event}`)(-1, call));
};

/** Sets the timeout of a call, in seconds. */
export const bePatient = (seconds: number): void => {
  patience = seconds;
  if (words) Atomics.store(words, patienceWord, Math.min(1000 * seconds, 2 ** 31 - 1));
};

const start = (): void => {
  // Under a debugger, calls may take any time.
  if (!isAllowed || words || inspector.url() !== undefined) return;
  const shared = new Int32Array(new SharedArrayBuffer(4 * 8));
  shared[stepWord] = -1;
  words = shared;
  bePatient(patience);
  const watched: Watched = { words: shared, parent };
  const thread = new Worker(new URL("./watchdogThread.js", import.meta.url), { workerData: watched });
  thread.unref();
  tellPlace = (place) => thread.postMessage(place);
  setInterval(() => void Atomics.add(shared, beatsWord, 1), beatEvery).unref();
  watchTimers(watchedCall("a timer"));
};

/** Whether anything is watched in this process. */
export const isWatching = (): boolean => words !== undefined;

/** Numbers of places. The thread knows one name for each. */
const numbers = new Map<string, number>();

const numberOf = (place: string): number => {
  const known = numbers.get(place);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(place, number);
  tellPlace(place);
  return number;
};

/** Watches a call if this process is watched. A negative step stands for that of the surrounding call. */
export const watchedCall: Watch = (place) => {
  const shared = words;
  if (shared === undefined) return (_step, call) => call();
  const number = numberOf(place);
  return (step, call) => {
    const [outer, outerStep] = [shared[placeWord] as number, shared[stepWord] as number];
    shared[placeWord] = number;
    if (step >= 0) shared[stepWord] = step;
    Atomics.add(shared, beatsWord, 1);
    Atomics.add(shared, depthWord, 1);
    try {
      return call();
    } finally {
      Atomics.sub(shared, depthWord, 1);
      Atomics.add(shared, beatsWord, 1);
      shared[placeWord] = outer;
      shared[stepWord] = outerStep;
    }
  };
};

/** Suspends watching during a call of Rangeflow's own code inside a watched one. */
export const unwatched = <T>(call: () => T): T => {
  const shared = words;
  if (shared === undefined) return call();
  const depth = Atomics.exchange(shared, depthWord, 0);
  try {
    return call();
  } finally {
    Atomics.add(shared, beatsWord, 1);
    Atomics.store(shared, depthWord, depth);
  }
};

/** Watches the first inspection of a module's exports. */
export const watchedTrial = <T>(path: string, look: () => T): T =>
  watchedCall(`${path}, which is being tried`)(-1, look);

/** Watches the loading of a module, which starts the watchdog. */
export const watchedLoading = async <T>(path: string, load: () => Promise<T>): Promise<T> => {
  start();
  if (words === undefined) return load();
  const shared = words;
  shared[placeWord] = numberOf(`${path}, which is being loaded`);
  Atomics.add(shared, depthWord, 1);
  try {
    return await load();
  } finally {
    Atomics.sub(shared, depthWord, 1);
  }
};
