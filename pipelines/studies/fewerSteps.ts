import { filter, type MonoTypeOperatorFunction } from "rxjs";
import type { TrainEvent } from "../runs/events.ts";

/** Milliseconds between step events that are passed to the study. */
const stepsEvery = 250;

/** Drops most step events of a run and keeps all others. */
export const fewerSteps = (): MonoTypeOperatorFunction<TrainEvent> => (events$) => {
  let last = 0;
  return events$.pipe(
    filter(({ event }) => {
      if (event !== "step") return true;
      const isDue = performance.now() - last >= stepsEvery;
      if (isDue) last = performance.now();
      return isDue;
    }),
  );
};
