/** @file Pace of updates: twice a second while there are viewers, slower if that would exceed a share of the thread. */
import type { Publisher } from "./publisher.ts";

/** Pace of updates. */
export interface Pace {
  /** Least number of milliseconds between updates. */
  readonly every: number;
  /** Largest share of the thread that updates may take, 0 to 1. */
  readonly share: number;
}

/** Largest number of milliseconds between updates. */
const latest = 5000;

const beatEvery = 15_000;

/** Milliseconds to wait after an update that took `milliseconds`. */
export const delayAfter = (milliseconds: number, { every, share }: Pace): number =>
  Math.min(latest, Math.max(every, milliseconds / share));

export interface Pacing {
  /** Starts unless running. Continues as long as there are viewers. */
  readonly go: () => void;
  readonly stop: () => void;
}

/** Milliseconds that a call takes in this process; less than the clock says if other processes use the processor meanwhile. */
const taken = (act: () => void): number => {
  const [began, before] = [performance.now(), process.cpuUsage()];
  act();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - began, (user + system) / 1000);
};

/** Publishes at a pace. No timer runs without viewers, and none keeps the process alive. */
export const pacing = (published: Publisher, pace: Pace): Pacing => {
  let timer: NodeJS.Timeout | undefined;
  let lastBeat = performance.now();
  const wait = (delay: number): void => {
    timer = setTimeout(tick, delay).unref();
  };
  const tick = (): void => {
    timer = undefined;
    if (published.readers() === 0) return;
    const milliseconds = taken(published.publish);
    if (performance.now() - lastBeat > beatEvery) {
      lastBeat = performance.now();
      published.beat();
    }
    wait(delayAfter(milliseconds, pace));
  };
  return {
    go: () => {
      if (timer === undefined) wait(pace.every);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
