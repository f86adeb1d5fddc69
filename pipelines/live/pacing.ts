/** @file When updates are published: twice a second while anybody looks, and so seldom that they take no more than a share of the thread. */
import type { Publisher } from "./publisher.ts";

export interface Pace {
  /** Milliseconds from one update to the next at least. */
  readonly every: number;
  /** The share of the thread that updates may take. */
  readonly share: number;
}

/** Milliseconds from one update to the next at most. */
const latest = 5000;

const beatEvery = 15_000;

/** Milliseconds to wait after an update that took so many. */
export const delayAfter = (milliseconds: number, { every, share }: Pace): number =>
  Math.min(latest, Math.max(every, milliseconds / share));

export interface Pacing {
  /** Begins, if it has not; it goes on for as long as there are readers. */
  readonly go: () => void;
  readonly stop: () => void;
}

/** Milliseconds that an act takes of this process, less than the clock says where others have the processor meanwhile. */
const taken = (act: () => void): number => {
  const [began, before] = [performance.now(), process.cpuUsage()];
  act();
  const { user, system } = process.cpuUsage(before);
  return Math.min(performance.now() - began, (user + system) / 1000);
};

/** Publishes at its pace; no timer runs while nobody looks, and none keeps the process alive. */
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
