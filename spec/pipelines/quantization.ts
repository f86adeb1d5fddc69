/** @file How the sites of a run are quantized, from its flat settings. */
import * as E from "fp-ts/lib/Either.js";
import { RangeflowFailure } from "../../core/errors.ts";
import { type FlatOptions, flatRules } from "../../pipelines/settings/flatRules.ts";
import type { Settings } from "../../pipelines/settings/settings.ts";
import { type ResolvedRules, resolveRules } from "../../quantizers/rules/resolveRules.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";

export interface QuantizationOptions extends FlatOptions {
  /** Rules behind those of the settings. */
  readonly rules?: readonly Rule[];
  /** Paths of the convolutions and dense layers of the network, in order; asked for where a rule is for the first or the last. */
  readonly layers?: () => readonly string[];
}

/**
 * The quantizer of every site. It throws where a site is told an estimator and a quantizer which does not want one.
 *
 * @throws `RangeflowFailure` of everything that is wrong with estimators, quantizers and rules, at once
 */
export const quantization = async (
  settings: Settings,
  { layers = () => [], rules = [], ...options }: QuantizationOptions = {},
): Promise<ResolvedRules> => {
  const resolved = resolveRules([...(await flatRules(settings, options)), ...rules], { layers });
  if (E.isLeft(resolved)) throw new RangeflowFailure(...resolved.left);
  return resolved.right;
};
