import type { DoneEvent } from "./events.ts";
import type { Prepared } from "./prepare.ts";
import { accumulatorEvents, metric, multipliersIn, roleEvents } from "./progress.ts";
import { imagesPerSecond, type RunState } from "./runState.ts";
import { finalScores, scoreFor } from "./scores.ts";

/** Event at the end of a run. */
export const doneEvent = (
  { experiment, data, engine, network }: Prepared,
  state: RunState,
  last: Pick<DoneEvent, "seconds" | "weightsSha256" | "out">,
): DoneEvent => {
  const roles = roleEvents(state.all);
  const score = scoreFor(experiment.score, (name) => !Number.isNaN(metric(state.all, name)));
  return {
    event: "done",
    ...finalScores(score, state.scores),
    testImages: data.content.test,
    seconds: last.seconds,
    imagesPerSecond: imagesPerSecond(state),
    engine: engine.name,
    backend: engine.backend,
    staticSites: roles.reduce((sum, { staticSites }) => sum + staticSites, 0),
    dynamicSites: roles.reduce((sum, { dynamicSites }) => sum + dynamicSites, 0),
    roles,
    products: network.products,
    faults: state.all.read().faults,
    accumulators: accumulatorEvents(state.all),
    ...multipliersIn(network.parameters),
    weightsSha256: last.weightsSha256,
    out: last.out,
  };
};
