/** @file Which convolutions and dense layers compute the gradient of their input. */

import type { Parameter } from "../../core/signal.ts";
import type { LayerNote, Note } from "../../operators/module/notes.ts";
import { isTrained, type Parameters } from "../../operators/module/parameters.ts";
import type { SiteQuantizers } from "../../quantizers/rules/resolveRules.ts";

/** Layers whose backward pass reads its gradient although they have no parameters: gradient sites, and layers that say nothing of themselves. */
const reads = ({ kind, within }: LayerNote): boolean =>
  kind === "quantizeGradient" || (kind === undefined && within.length === 0);

/** Whether a parameter is trained by the gradient of its layer's or site's output; bounds by the errors of channels need none. */
const takesGradient =
  (quantizer: SiteQuantizers["quantizer"]) =>
  ({ path, learning }: Parameter): boolean => {
    const site = path.slice(0, path.lastIndexOf("/"));
    if (learning === undefined || site.endsWith("/weight")) return true;
    return quantizer(site, "activation").learned?.objective !== "channelErrors";
  };

/**
 * Paths of the convolutions and dense layers that compute the gradient of their input: all with something in front of them that uses it, that
 * is trained parameters, learned ranges of their own input included, a gradient site, or a layer of the user's that does not tell its kind.
 *
 * @param notes of the network, in order
 */
export const inputGradientsIn = (
  notes: readonly Note[],
  parameters: Parameters,
  quantizer: SiteQuantizers["quantizer"],
): ReadonlySet<string> => {
  const trained = parameters.list().filter(isTrained).filter(takesGradient(quantizer));
  const paths = new Set<string>();
  // Those of layers in it have their own notes; a layer without a name has the path of what it is in.
  const isLearner = ({ path }: LayerNote): boolean =>
    path !== "" &&
    trained.some(
      (parameter) =>
        parameter.path.startsWith(`${path}/`) && !parameter.path.slice(path.length + 1).includes("/"),
    );
  /** Visits layers one behind the other; returns whether something in them, or in front of them, uses a gradient. */
  const chain = (layers: readonly LayerNote[], isUsed: boolean): boolean =>
    layers.reduce((isUsedBefore, note) => visit(note, isUsedBefore), isUsed);
  const visit = (note: LayerNote, isUsed: boolean): boolean => {
    const { kind, path, within } = note;
    if (kind === "conv2d" && isUsed) paths.add(path);
    const isUsedWithin =
      within[0]?.kind === "branch"
        ? within.map((branch) => chain(branch.within, isUsed)).some((isUsedThere) => isUsedThere)
        : chain(within, isUsed);
    return isUsed || isUsedWithin || isLearner(note) || reads(note);
  };
  chain(
    notes.filter((note) => note._tag === "Layer"),
    false,
  );
  return paths;
};
