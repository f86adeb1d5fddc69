/** @file Initial ranges of sites from a weights file, so that a quantized network continues with the scales that it came with. */
import type { Range } from "../../core/range.ts";
import { coveredRanges } from "../onnx/reading/codeGrid.ts";
import type { WeightMatch } from "./weightMatch.ts";
import { layerAndField } from "./weightPlaces.ts";

/** Initial ranges by site. Those of the weights of one output channel are at `conv1/weight/3`. */
export type FirstRanges = Readonly<Record<string, Range>>;

/** The union of ranges. */
const coveringAll = (ranges: readonly Range[]): Range => ({
  lo: ranges.reduce((least, { lo }) => Math.min(least, lo), Number.POSITIVE_INFINITY),
  hi: ranges.reduce((most, { hi }) => Math.max(most, hi), Number.NEGATIVE_INFINITY),
});

/** Initial ranges of a network's sites: what the file's grids for its layers cover, by the names of their weights. */
export const firstRangesOf = ({ pairs, grids }: WeightMatch): FirstRanges => {
  const bySite: Record<string, Range> = {};
  for (const { place, name } of pairs) {
    const { input, weight } = grids?.get(name) ?? {};
    const [ofInput, ...ofChannels] = input ? coveredRanges(input) : [];
    if (ofInput && ofChannels.length === 0) bySite[`${layerAndField(place.path)[0]}/input`] = ofInput;
    if (weight === undefined) continue;
    const ranges = coveredRanges(weight);
    bySite[place.path] = coveringAll(ranges);
    if (ranges.length > 1 && weight.axis === undefined)
      for (const [o, range] of ranges.entries()) bySite[`${place.path}/${o}`] = range;
  }
  return bySite;
};

/** Initial range of a site. For a channel without one, the range that the file has for all channels. */
export const firstRangeIn =
  (ranges: FirstRanges = {}): ((site: string) => Range | undefined) =>
  (site) =>
    Object.hasOwn(ranges, site) ? ranges[site] : ranges[site.replace(/\/\d+$/, "")];
