import { inputNormalization } from "../data/inputNormalization.ts";
import { firstGrids } from "../weights/firstGrids.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";
import type { StartEvent } from "./events.ts";
import { otherInputs } from "./otherInputs.ts";
import type { RunOutline } from "./outline.ts";
import type { Prepared } from "./prepare.ts";

const initOf = (initial: WeightMatch, { sites, data }: Prepared): NonNullable<StartEvent["init"]> => {
  const { file, names, pairs } = initial;
  const grids = firstGrids(initial, sites);
  return {
    file,
    names,
    tensors: pairs.length,
    rounded: pairs.filter(({ tensor }) => tensor.dtype === "F64").length,
    ...(grids && { grids }),
    ...otherInputs(initial, inputNormalization(data)),
  };
};

/** Event before the first batch of a run. */
export const startEvent = (run: Prepared, outline: RunOutline, out: string | null): StartEvent => {
  const { data, engine, timetable, step } = run;
  const { experiment, data: name, quantization } = outline;
  const { bits, weightGradientBits } = quantization;
  return {
    event: "start",
    ...{ experiment, data: name, bits },
    ...outline,
    ...(weightGradientBits !== undefined && { weightGradientBits }),
    engine: engine.name,
    backend: engine.backend,
    trainImages: data.content.train,
    testImages: data.content.test,
    stepsPerEpoch: timetable.trainBatches,
    step,
    out,
    ...(out !== null && run.code.tooMuch && { tooMuchCode: run.code.tooMuch }),
    ...(run.overridden.length > 0 && { overridden: run.overridden }),
    ...(run.initial && { init: initOf(run.initial, run) }),
  };
};
