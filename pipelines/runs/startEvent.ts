import { roles } from "../../core/signal.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import type { ResolvedSite } from "../../quantizers/rules/resolveRules.ts";
import type { PlanRole } from "../../quantizers/rules/rule.ts";
import { inputNormalization } from "../data/inputNormalization.ts";
import { firstGrids } from "../weights/firstGrids.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";
import type { StartEvent } from "./events.ts";
import { otherInputs } from "./otherInputs.ts";
import type { Prepared } from "./prepare.ts";

/**
 * Bit width of most sites planned for a role, counting only sites with fewer than 32 bits if there are any; undefined if there is no
 * site.
 */
const usualBits = (sites: readonly ResolvedSite[], planRole: PlanRole): number | undefined => {
  const counts = new Map<number, number>();
  for (const site of sites)
    if (site.planRole === planRole)
      counts.set(site.quantizer.bits, (counts.get(site.quantizer.bits) ?? 0) + 1);
  const weight = ([bits, count]: readonly [number, number]): number => (bits === 32 ? 0 : count);
  return [...counts].sort((a, b) => weight(b) - weight(a) || a[0] - b[0])[0]?.[0];
};

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
export const startEvent = (run: Prepared, out: string | null): StartEvent => {
  const { experiment, data, engine, network, timetable, step, sites } = run;
  const bits = roles.map((role) => usualBits(sites, role) ?? 32);
  const weightGradientBits = usualBits(sites, "weightGradient");
  return {
    event: "start",
    experiment: experiment.name,
    data: data.name,
    bits: bits.join("/"),
    ...(weightGradientBits !== undefined && { weightGradientBits }),
    engine: engine.name,
    backend: engine.backend,
    parameters: network.parameters
      .list()
      .filter(isTrained)
      .reduce((sum, { value }) => sum + value.size, 0),
    inputShape: data.shape,
    trainImages: data.content.train,
    testImages: data.content.test,
    epochs: experiment.epochs,
    batch: run.batch,
    stepsPerEpoch: timetable.trainBatches,
    step,
    seed: experiment.seed,
    out,
    ...inputNormalization(data),
    ...(out !== null && run.code.tooMuch && { tooMuchCode: run.code.tooMuch }),
    ...(run.initial && { init: initOf(run.initial, run) }),
  };
};
