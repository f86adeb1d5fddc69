import { isTrained } from "../../operators/module/parameters.ts";
import type { StartEvent } from "./events.ts";
import type { Prepared } from "./prepare.ts";

/** What a run tells before its first batch. */
export const startEvent = (run: Prepared, out: string | null): StartEvent => ({
  event: "start",
  model: run.settings.model,
  data: run.settings.data,
  bits: run.settings.bits,
  ...(run.settings.weightGradientBits !== "same" && { weightGradientBits: run.settings.weightGradientBits }),
  engine: run.engine.name,
  backend: run.engine.backend,
  parameters: run.network.parameters
    .list()
    .filter(isTrained)
    .reduce((sum, { value }) => sum + value.size, 0),
  trainImages: run.data.train.count,
  testImages: run.data.test.count,
  epochs: run.settings.epochs,
  stepsPerEpoch: run.timetable.trainBatches,
  step: run.step,
  seed: run.settings.seed,
  out,
});
