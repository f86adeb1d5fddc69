/** @file The outline of a run that is ready to start. */
import { nameOf } from "../../core/named.ts";
import { isTrained } from "../../operators/module/parameters.ts";
import { probedSteps } from "../../operators/module/probe.ts";
import { bringsRanges } from "../../quantizers/quantizer.ts";
import type { ResolvedSite } from "../../quantizers/rules/resolveRules.ts";
import { inputNormalization } from "../data/inputNormalization.ts";
import { quantizerName } from "../settings/shownSettings.ts";
import { type ShownSite, shownSites } from "../settings/shownSites.ts";
import type { RunOutline } from "./outline.ts";
import type { Prepared } from "./prepare.ts";

const shownSite = ({ site, planRole: role, quantizer, fields }: ResolvedSite): ShownSite => {
  const { bits, transform, estimator, granularity } = quantizer;
  // Only a transform does anything to a tensor of 32 bits.
  if (bits === 32 && transform === undefined) return { site, role, bits };
  const name = quantizerName(fields);
  return {
    ...{ site, role, bits },
    ...(!bringsRanges(quantizer) && { range: estimator.name }),
    ...(name !== undefined && { quantizer: name }),
    ...(granularity === "channel" && { perChannel: true }),
  };
};

/** Greatest of the rates that a schedule gives; undefined if it gives none. The run itself refuses a schedule that cannot be used. */
const greatestRate = ({ rate, length }: Pick<Prepared, "rate" | "length">): number | undefined => {
  const rates = probedSteps(rate, length.steps).filter((one) => Number.isFinite(one)) as readonly number[];
  return rates.length === 0 ? undefined : rates.reduce((most, one) => Math.max(most, one));
};

/** Outline of a prepared run. */
export const outlineOf = (run: Prepared): RunOutline => {
  const { experiment, data, network, planned, sites, batch } = run;
  const { name, loss, optimizer, schedule, epochs, seed } = experiment;
  const learningRate = greatestRate(run);
  return {
    experiment: name,
    data: data.name,
    inputShape: data.shape,
    ...(data.classes.length > 0 && { classes: data.classes.length }),
    ...inputNormalization(data),
    parameters: network.parameters
      .list()
      .filter(isTrained)
      .reduce((sum, { value }) => sum + value.size, 0),
    layers: planned.convolutions.length,
    loss: nameOf(loss),
    quantization: shownSites(sites.map(shownSite)),
    ...{ epochs, batch, seed },
    optimizer: optimizer.name,
    schedule: nameOf(schedule),
    ...(learningRate !== undefined && { learningRate }),
  };
};
