/** @file Workers of a crew: starting them, giving orders, waiting for answers, and reading their errors. */
import { internal, problem, RangeflowFailure } from "../../errors.ts";
import type { Thread, Threads } from "../../threads.ts";
import type { Kernels } from "./kernels.ts";
import {
  doneWord,
  failedWord,
  type Given,
  lineCharacters,
  lineWords,
  orderWord,
  program,
  readyWord,
  refusedWord,
  seenNumbers,
} from "./worker.ts";

/** Kernels, module and memory of the workers. */
export interface Workplace {
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Number of the instruction for byte products. */
  readonly bytes: number;
  /** Throws for lack of memory. */
  readonly refuse: (wanted: number) => never;
}

/** Workers that have been started. */
export interface Workers {
  /** The calls of an order; see `worker.ts`. */
  readonly list: Float64Array;
  /** Whether all workers are ready after at most `patience` milliseconds. */
  areReady(patience: number): boolean;
  /** Orders workers 1 .. `shares` - 1 to make the calls in the list. */
  order(shares: number): void;
  /** Waits for their answers. */
  answer(shares: number): void;
  /** Counts of a worker's sinks. */
  seen(share: number): Float64Array;
  /** Ends the workers beyond `shares`. */
  keep(shares: number): void;
}

/** Capacity of a list of calls: several times the longest program of a pass. */
export const listLength = 32768;
/** Time in milliseconds after which a worker that does not answer is given up. */
const patience = 60_000;
/** Time in milliseconds after which a silent worker is checked. */
const silence = 1000;
/** Number of polls for an answer before sleeping: about 30 microseconds. */
const looks = 2000;

const shared = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(bytes);

/** Whether this thread may block; the main thread of a web page may not. */
export const maySleep = (): boolean => {
  try {
    return Atomics.wait(new Int32Array(shared(4)), 0, 0, 0) === "timed-out";
  } catch {
    return false;
  }
};

/** Starts workers 1 .. `most` - 1. */
export const startWorkers = (
  { kernels, module, memory, bytes, refuse }: Workplace,
  { start, now }: Threads,
  most: number,
): Workers => {
  const words = new Int32Array(shared(4 * lineWords * most));
  const list = new Float64Array(shared(8 * listLength));
  const seen = new Float64Array(shared(8 * seenNumbers * most));
  const text = new Uint16Array(shared(2 * lineCharacters * most));
  const sleeps = maySleep();
  const given = (share: number): Given => ({
    ...{ module, memory, bytes, share, words, list, seen, text },
    home: kernels.tablesEnd() + (share - 1) * kernels.tableBytes(),
  });
  const workers: Thread[] = Array.from({ length: most - 1 }, (_, i) => start(program, given(i + 1)));
  let number = 0;

  const becomes = (share: number, word: number, value: number, milliseconds: number): boolean => {
    const at = lineWords * share + word;
    for (let left = looks; left > 0 && Atomics.load(words, at) !== value; left--);
    const end = now() + milliseconds;
    for (let found = Atomics.load(words, at); found !== value; found = Atomics.load(words, at)) {
      const left = end - now();
      if (left <= 0) return false;
      const slept = sleeps && Atomics.wait(words, at, found, Math.min(left, silence));
      if (slept === "timed-out" && workers[share - 1]?.hasEnded()) return Atomics.load(words, at) === value;
    }
    return true;
  };

  /** Failure of a worker that does not answer. */
  const unanswered = (share: number): RangeflowFailure =>
    new RangeflowFailure(
      problem(
        `simd engine, thread ${share + 1}`,
        workers[share - 1]?.hasEnded()
          ? "the thread has exited"
          : `no answer for ${patience / 1000} seconds, perhaps because the machine is overloaded`,
        "its share of the work",
        "resume from the last checkpoint with --resume, and with --threads 1 if it happens again",
      ),
    );

  /** Throws the error of a worker. */
  const check = (share: number): void => {
    const line = lineWords * share;
    const length = words[line + failedWord] as number;
    const refused = words[line + refusedWord] as number;
    if (length === 0) return;
    words[line + failedWord] = 0;
    words[line + refusedWord] = 0;
    if (refused !== 0) refuse(refused);
    const from = lineCharacters * share;
    const message = String.fromCharCode(...text.subarray(from, from + length));
    throw internal(`simd engine, thread ${share + 1}: ${message}`);
  };

  return {
    list,
    areReady: (milliseconds) => workers.every((_, i) => becomes(i + 1, readyWord, 1, milliseconds)),
    order: (shares) => {
      number++;
      for (let share = 1; share < shares; share++) {
        Atomics.store(words, lineWords * share + orderWord, number);
        Atomics.notify(words, lineWords * share + orderWord);
      }
    },
    answer: (shares) => {
      for (let share = 1; share < shares; share++)
        if (!becomes(share, doneWord, number, patience)) throw unanswered(share);
      for (let share = 1; share < shares; share++) check(share);
    },
    seen: (share) => seen.subarray(seenNumbers * share, seenNumbers * (share + 1)),
    keep: (shares) => {
      for (const worker of workers.splice(shares - 1)) worker.terminate();
    },
  };
};
