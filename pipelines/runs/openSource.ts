/** @file What a run is given, opened: the experiment, and what it claims to be. */
import type { Parameter } from "../../core/signal.ts";
import { idleRules } from "../../quantizers/rules/idleFields.ts";
import type { Dataset } from "../data/dataset.ts";
import { builtInExperiment } from "../experiments/builtInExperiment.ts";
import { describedExperiment } from "../experiments/describe.ts";
import { type Experiment, experiment } from "../experiments/experiment.ts";
import { type BuiltIn, isBuiltIn, type RunSource } from "../experiments/source.ts";
import { flatRules } from "../settings/flatRules.ts";
import { locateIn } from "../settings/userFiles.ts";
import { newClaim, refuse, savedClaim } from "./claim.ts";
import { type Claim, type Identity, originDifferences, type Said } from "./identity.ts";
import { type Resources, resourcesIn } from "./resources.ts";
import { type BuiltNetwork, namesIn, type WithoutEffect, withoutEffect } from "./withoutEffect.ts";

/** How a saved run is opened. */
export interface Opening {
  /** Execute the files that the run names, if they are what they were; without it only those that are named again. */
  readonly trust?: boolean;
}

export interface OpenSource {
  readonly experiment: Experiment;
  readonly resources: Resources;
  /** What the run claims to be; the parameters are those of its network in float32. */
  readonly claim: (data: Dataset, parameters: readonly Parameter[]) => Claim<Said>;
  /** What changes nothing in its network, once that has been built. */
  readonly inVain: (built: BuiltNetwork) => readonly WithoutEffect[];
  /** Names of what was asked for, of which nothing may be in vain. */
  readonly asked: readonly string[];
}

const openBuiltIn = async (
  { wanted, estimators }: BuiltIn,
  saved: Identity | undefined,
  where: string,
  { trust = false }: Opening,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  const all = { ...wanted, ...said };
  const claim = saved
    ? await savedClaim(where, all, saved, estimators, trust)
    : await newClaim(all, estimators);
  const { settings, files, given } = claim;
  const rules = await flatRules(settings, { given: estimators, locate: locateIn(files) });
  return {
    experiment: builtInExperiment(settings, rules),
    resources: resourcesIn(settings),
    claim: () => claim,
    inVain: (built) => withoutEffect({ ...built, settings, given }),
    asked: namesIn(wanted, given),
  };
};

const openExperiment = (made: Experiment, said: Partial<Resources>): OpenSource => ({
  experiment: made,
  resources: resourcesIn(said),
  claim: (data, parameters) => ({
    from: "code",
    settings: describedExperiment(made, parameters, data.variant),
    files: [],
    given: {},
  }),
  inVain: ({ quantization }) =>
    idleRules(quantization).map(({ problem, reason }) => ({
      setting: "quantization",
      problem,
      holdsAnyway: reason === "same",
    })),
  asked: ["quantization"],
});

/**
 * Opens what a run is given.
 *
 * @param saved what the run was, where one goes on or is evaluated
 * @param where what opens it, for sentences
 * @throws `RangeflowFailure` of everything that is wrong with it, or in which it differs from what was saved
 */
export const openSource = async (
  source: RunSource,
  saved: Identity | undefined,
  where: string,
  opening: Opening,
  said: Partial<Resources>,
): Promise<OpenSource> => {
  if (isBuiltIn(source)) return openBuiltIn(source, saved, where, opening, said);
  if (saved) refuse(where, originDifferences("code", saved.from));
  return openExperiment(experiment(source), said);
};
