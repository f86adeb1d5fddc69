import { filter, type MonoTypeOperatorFunction } from "rxjs";
import type { TrainEvent } from "../runs/events.ts";

/** Milliseconds between steps that a study hears of. */
const stepsEvery = 250;

/** Leaves out most steps of a run, and nothing else that happens in it. */
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
