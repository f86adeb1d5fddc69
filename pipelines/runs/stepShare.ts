import type { TrainEvent } from "./events.ts";

/** Share of a run's steps done, 0 to 1, according to a step event; undefined for other events. */
export const stepShare = (event: TrainEvent): number | undefined =>
  event.event === "step" ? event.step / event.steps : undefined;
