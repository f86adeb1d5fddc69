/**
 * @file The threads of an engine: each makes the same kernel calls over the same memory, and computes its share.
 *
 * The calling thread takes the first share. Until all workers have started, and for small jobs, it computes alone. Shares are cut
 * and merged such that the number of threads does not affect the bits.
 */
import { internal } from "../../errors.ts";
import { floorLog2 } from "../../powers.ts";
import type { RangeStat } from "../../range.ts";
import type { Threads } from "../../threads.ts";
import type { Kernels } from "./kernels.ts";
import { numberThatHelps } from "./numberThatHelps.ts";
import { listHead } from "./worker.ts";
import { listLength, maySleep, startWorkers, type Workplace } from "./workers.ts";

/** Makes the calls of a computation with the given kernels. It must not use their results. */
export type Job = (kernels: Kernels) => void;

/** The threads of an engine, including the calling one. */
export interface Crew {
  /** Number of threads in use, including the calling one. */
  threads(): number;
  /** Number of shares for work that takes one thread `work` nanoseconds. */
  sharesOf(work: number): number;
  /**
   * Makes the calls of a job on `shares` threads, and returns when all are done. If one fails, the workers are ended and its error
   * is thrown.
   */
  together(shares: number, job: Job): void;
  /** Number of elements clipped by the last pass, in all shares. */
  clipped(): number;
  observed(count: number): RangeStat;
  /** Ends the workers; the calling thread remains. */
  dispose(): void;
}

const clippedBy = (kernels: Kernels): number => kernels.clippedCount() >>> 0;

const observedBy = (kernels: Kernels, count: number): RangeStat => ({
  min: kernels.observedMin(),
  max: kernels.observedMax(),
  count,
  nonFinite: kernels.notFiniteCount() >>> 0,
});

/** A crew of the calling thread only. */
export const alone = (kernels: Kernels): Crew => ({
  threads: () => 1,
  sharesOf: () => 1,
  together: (_, job) => job(kernels),
  clipped: () => clippedBy(kernels),
  observed: (count) => observedBy(kernels, count),
  dispose: () => {},
});

/** Time limit in milliseconds for workers to start, which takes about 30. Slower ones are used once they have started. */
const startPatience = 2000;

/** Maximum number of threads of a crew. */
const mostThreads = ({ wanted, available }: Threads): number =>
  wanted === "auto" ? Math.min(available, 16) : wanted;

/** Address at which the tables of all threads end. */
export const tablesEnd = (kernels: Kernels, threads: Threads): number =>
  kernels.tablesEnd() + (mostThreads(threads) - 1) * kernels.tableBytes();

type Call = (...numbers: number[]) => void;

const failureOf = (work: () => void): { readonly error: unknown } | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return { error };
  }
};

/** Several threads over a shared memory whose arena begins at `tablesEnd`. */
export const crewOf = (workplace: Workplace, threads: Threads): Crew => {
  const { kernels } = workplace;
  const most = mostThreads(threads);
  const workers = startWorkers(workplace, threads, most);
  const { list } = workers;
  const calls = Object.values(kernels) as readonly Call[];
  let inUse = 1;
  let isSettled = false;
  let end = listHead;
  let lastShares = 1;

  /** Kernels whose calls are recorded in the list instead of made. */
  const written = Object.fromEntries(
    Object.keys(kernels).map((name, number) => [
      name,
      (...numbers: number[]): void => {
        if (end + 1 + numbers.length > listLength) throw internal("a list of calls is too long");
        list[end++] = number;
        for (const each of numbers) list[end++] = each;
      },
    ]),
  ) as unknown as Kernels;

  /** Makes the calls in the list, as the workers do. */
  const makeCalls = (): void => {
    for (let at = listHead; at < end; ) {
      const call = calls[list[at] as number] as Call;
      const next = at + 1 + call.length;
      Reflect.apply(call, undefined, list.subarray(at + 1, next));
      at = next;
    }
  };

  const dispose = (): void => {
    workers.keep(1);
    isSettled = true;
    inUse = 1;
  };

  /** Scratch space per worker: the largest power of two that leaves the calling thread at least as much, so that it seldom moves. */
  const scratchBytes = (shares: number): number =>
    2 ** floorLog2(Math.max(64, (kernels.freeBytes() >>> 0) / (shares + 1)));

  const together = (shares: number, job: Job): void => {
    lastShares = shares;
    if (shares === 1) {
      job(kernels);
      return;
    }
    end = listHead;
    job(written);
    const room = scratchBytes(shares);
    list.set([end, shares, kernels.lend((shares - 1) * room) >>> 0, room]);
    workers.order(shares);
    kernels.beginShare(0, shares);
    const failure = failureOf(makeCalls);
    kernels.beginShare(0, 1);
    kernels.lend(0);
    const theirs = failureOf(() => workers.answer(shares));
    if (theirs) dispose();
    if (failure ?? theirs) throw (failure ?? theirs)?.error;
  };

  /** Chooses the number of threads once all workers have started. */
  const settle = (patience: number): void => {
    if (!workers.areReady(patience)) return;
    isSettled = true;
    inUse = threads.wanted === "auto" ? numberThatHelps(most, kernels, together, threads.now) : most;
    workers.keep(inUse);
  };

  if (threads.startsWhileWaiting && maySleep()) settle(startPatience);

  return {
    threads: () => inUse,
    sharesOf: (work) => {
      if (!isSettled) settle(0);
      return Math.max(1, Math.min(inUse, Math.floor(work / threads.grain)));
    },
    together,
    clipped: () => {
      let all = clippedBy(kernels);
      for (let share = 1; share < lastShares; share++) all += workers.seen(share)[0] as number;
      return all;
    },
    observed: (count) => {
      let { min, max, nonFinite } = observedBy(kernels, count);
      for (let share = 1; share < lastShares; share++) {
        const [, least, greatest, other] = [...workers.seen(share)] as [number, number, number, number];
        min = Math.min(min, least);
        max = Math.max(max, greatest);
        nonFinite += other;
      }
      return { min, max, count, nonFinite };
    },
    dispose,
  };
};
