/** @file Shares the cores of a machine among the runs of a study. */
import type { Resources } from "../runs/resources.ts";

/** A run that requests threads. */
export interface Threaded {
  readonly threads: Resources["threads"];
}

export interface ThreadShare {
  /** Number of parallel runs. */
  readonly jobs: number;
  /** Reserves the threads of a run that starts now, until it gives them back. */
  readonly take: (run: Threaded) => {
    readonly threads: Resources["threads"];
    readonly giveBack: () => void;
  };
}

/**
 * Shares `cores` so that no more threads run than there are cores, unless the settings ask for more. Parallel runs need not wait for each
 * other, as the threads of one run do, so there are as many runs as cores. On two hardware threads of one core, two runs of LeNet-5 took
 * 2.3 s in parallel and 3.4 s one after the other; a second thread for each saved nothing. Additional threads use cores that are left
 * over, for example at the end of a study.
 *
 * @param runs runs that are left
 * @param most largest number of runs that may be parallel
 */
export const threadShare = (
  cores: number,
  wanted: number | "auto",
  runs: readonly Threaded[],
  most = Number.POSITIVE_INFINITY,
): ThreadShare => {
  const threadsOf = ({ threads }: Threaded): number => (threads === "auto" ? 1 : threads);
  const widest = Math.max(1, ...runs.map(threadsOf));
  const fitting = wanted === "auto" ? Math.min(runs.length, Math.floor(cores / widest)) : wanted;
  const jobs = Math.max(1, Math.min(most, fitting));
  let waiting = runs.length;
  let running = 0;
  let busy = 0;
  return {
    jobs,
    take: (run) => {
      const places = Math.min(jobs - running, waiting);
      const fair = Math.max(1, Math.floor((cores - busy) / places));
      const { threads } = run;
      const mine = threads === "auto" ? fair : threads;
      waiting--;
      running++;
      busy += mine;
      return {
        threads: threads === "auto" && mine === cores ? "auto" : mine,
        giveBack: () => {
          running--;
          busy -= mine;
        },
      };
    },
  };
};
