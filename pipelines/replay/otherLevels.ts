/** @file Recorded tensors on other levels than those of their sites: of other bits, or of another quantizer. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { listed } from "../../core/inWords.ts";
import { isBits } from "../../core/qparams.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { gridFacts, type SiteFacts, siteFacts } from "../../core/siteFacts.ts";
import { currentRange } from "../../quantizers/defaultRange.ts";
import { type NamedQuantizer, quantizerFor, schemeFor } from "../../quantizers/quantizer.ts";

/** Levels that replace those of all sites. */
export interface OtherLevels {
  /** Bit width. Default: that of each site. */
  readonly bits?: number;
  /** Quantizer with the levels. Default: that of each site. */
  readonly quantizer?: NamedQuantizer;
}

/** @throws `RangeflowFailure` for bits that no grid has */
export const checkLevels = (where: string, { bits }: OtherLevels): void => {
  if (bits !== undefined && !isBits(bits))
    throw new RangeflowFailure(problem(`${where}, bits`, valueText(bits), "an integer from 2 to 8"));
};

const refused = (found: string, expected: string, hint: string): RangeflowFailure =>
  new RangeflowFailure(problem("levels of a replay", found, expected, hint));

const onBits = ({ site, role, stat: { facts } }: RangeSeen, bits: number): SiteFacts => {
  if (facts?.projection)
    throw refused(
      `${bits} bits at ${site}, which has levels of ${facts.projection.name}`,
      "sites of a uniform grid",
      "a quantizer sets other levels",
    );
  return gridFacts(bits, facts?.scheme ?? schemeFor(role));
};

const onQuantizer = (
  { site, role }: RangeSeen,
  bits: number,
  { name, choose }: NamedQuantizer,
): SiteFacts => {
  const chosen = choose(quantizerFor(role, bits, currentRange), role);
  const { learned, transform, projection } = chosen;
  if (learned ?? transform)
    throw refused(
      `those of ${name}, which are learned`,
      "a quantizer that trains nothing",
      "uniform, float8 and muLaw are some",
    );
  if (projection?.roles?.includes(role) === false)
    throw refused(
      `those of ${name} at ${site}`,
      `sites of ${listed(projection.roles.map((one) => `${one}s`))}`,
      "a pattern selects sites",
    );
  if (projection?.bits?.includes(bits) === false)
    throw refused(
      `those of ${name} with ${bits} bits at ${site}`,
      `${listed(projection.bits.map(String))} bits`,
      "set the bits, too",
    );
  return siteFacts(chosen);
};

/**
 * A function that gives recorded tensors other levels, for estimators that depend on them and for signal-to-noise ratios. Sites whose bits
 * were not recorded have no levels unless `bits` says which.
 *
 * @throws `RangeflowFailure`, from the function, for levels that a site cannot have
 */
export const onOtherLevels = ({ bits, quantizer }: OtherLevels): ((row: RangeSeen) => RangeSeen) => {
  if (bits === undefined && quantizer === undefined) return (row) => row;
  const known = new Map<string, SiteFacts>();
  const factsOf = (row: RangeSeen): SiteFacts | undefined => {
    const width = bits ?? row.stat.facts?.bits;
    if (width === undefined) return undefined;
    return quantizer ? onQuantizer(row, width, quantizer) : onBits(row, width);
  };
  return (row) => {
    const facts = known.get(row.site) ?? factsOf(row);
    if (facts === undefined) return row;
    known.set(row.site, facts);
    return { ...row, stat: { ...row.stat, facts } };
  };
};
