import type { TrainEvent } from "./events.ts";

/** Share of the steps of a run that are done, as an event of a step tells it; undefined of any other event. */
export const stepShare = (event: TrainEvent): number | undefined =>
  event.event === "step" ? event.step / event.steps : undefined;
