/**
 * @file A watchdog for calls of users' code: an endless loop in one leaves nothing in its thread that could end it, neither a timer nor the
 * handler of a signal, so another thread looks on.
 *
 * The calls, and the turns of the event loop, count beats in shared memory. Where one is going on and no beat has come for as long as
 * `--patience` says, the thread tells which call it is and kills the process. In a process that has a parent to work for, it also does so when
 * the parent is gone. Only processes of ours are watched (`watchProcess`), and only once a module of a user's own is loaded.
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
/** Word of the patience, in milliseconds. */
export const patienceWord = 4;

/** Data that the thread is started with. */
export interface Watched {
  readonly words: Int32Array;
  /** The process that this one works for. */
  readonly parent: number | undefined;
}

const beatEvery = 250;

/** Patience in seconds. */
let patience = 10;
let isAllowed = false;
let parent: number | undefined;
let words: Int32Array | undefined;
let tellPlace = (_place: string): void => {};

/** Lets this process be watched, once there is something to watch. */
export const watchProcess = ({ endsWithParent }: { readonly endsWithParent: boolean }): void => {
  isAllowed = true;
  if (endsWithParent) parent = process.ppid;
  watchListeners((event, call) => watchedCall(`a listener of ${event}`)(-1, call));
};

/** Sets how long a call may take, in seconds. */
export const bePatient = (seconds: number): void => {
  patience = seconds;
  if (words) Atomics.store(words, patienceWord, Math.min(1000 * seconds, 2 ** 31 - 1));
};

const start = (): void => {
  // Whoever looks at a user's code in a debugger takes the time that it takes.
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

/** Numbers of places, of which the thread knows each by one name. */
const numbers = new Map<string, number>();

const numberOf = (place: string): number => {
  const known = numbers.get(place);
  if (known !== undefined) return known;
  const number = numbers.size;
  numbers.set(place, number);
  tellPlace(place);
  return number;
};

/** A call that is watched, where anything is; as it is elsewhere. A step below 0 stands for that of the call around it. */
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

/** A call of our own within one that is watched: it takes as long as it takes. */
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

/** Watches over the first look at what a module exports. */
export const watchedTrial = <T>(path: string, look: () => T): T =>
  watchedCall(`${path}, which is being tried`)(-1, look);

/** Watches over the loading of a module, which is the first thing there is to watch. */
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
