/** @file How the runs of a study share the cores of a machine. */
import type { Resources } from "../runs/resources.ts";

/** A run that wants threads. */
export interface Threaded {
  readonly threads: Resources["threads"];
}

export interface ThreadShare {
  /** Runs side by side. */
  readonly jobs: number;
  /** The threads of a run that starts now, until it gives them back. */
  readonly take: (run: Threaded) => {
    readonly threads: Resources["threads"];
    readonly giveBack: () => void;
  };
}

/**
 * Shares `cores` so that no more threads run than there are, unless the settings ask for more. Runs side by side need not wait
 * for each other, as threads of one run do, so there are as many runs as cores: on two hardware threads of one core two runs of
 * LeNet-5 took 2.3 s side by side and 3.4 s one after the other, where a second thread for each saved nothing. Threads are for
 * cores that are left over, at the end of a study say.
 *
 * @param runs those still to do
 * @param most of them that may go side by side
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
