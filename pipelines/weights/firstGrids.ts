/** @file Which sites of a run start on the grids that a weights file has for them, and why the others do not. */
import * as E from "fp-ts/lib/Either.js";
import { schemes } from "../../core/qparams.ts";
import { roundHalfEven } from "../../core/rounding.ts";
import type { ResolvedSite } from "../../quantizers/rules/resolveRules.ts";
import type { CodeGrid } from "../onnx/reading/codeGrid.ts";
import { firstRangeIn, firstRangesOf } from "./firstRanges.ts";
import type { WeightMatch } from "./weightMatch.ts";
import { layerAndField } from "./weightPlaces.ts";

/** Numbers of quantized sites of activations and weights that start on the grids of a file, and that do not. */
export interface FirstGrids {
  readonly sites: number;
  readonly onGridsOfFile: number;
  readonly others: readonly { readonly reason: string; readonly sites: readonly string[] }[];
}

/** Bits that the codes of a grid need. */
const bitsOf = ({ qmin, qmax }: CodeGrid): number => Math.ceil(Math.log2(qmax - qmin + 1));

/** Relative difference between two scales that float32 rounding can cause. */
const tolerance = 1e-6;

/** A grid of a file and, for weights, the numbers on it. */
interface GridOfFile {
  readonly grid: CodeGrid;
  readonly read?: () => Float32Array;
}

/** Why weights differ from those in the file although the grid is the same: they use the code that Rangeflow's grid lacks. */
const whyLeftOut = ({ grid, read }: GridOfFile): string | undefined => {
  const { scale, zeroPoint, qmin, leftOut } = grid;
  if (leftOut === undefined || read === undefined) return undefined;
  const values = read();
  const inChannel = values.length / scale.length;
  const isLeftOut = values.some((value, i) => {
    const c = Math.floor(i / inChannel);
    return roundHalfEven(value / scale[c]!) + zeroPoint[c]! < qmin;
  });
  return isLeftOut ? `codes of ${leftOut} in the file, which end at ${qmin} here` : undefined;
};

/** Why a site starts on another grid than that of the file; undefined if it is the same. */
const whyOther = (
  { site, quantizer, asksRange }: ResolvedSite,
  ofFile: GridOfFile | undefined,
  firstRange: ReturnType<typeof firstRangeIn>,
): string | undefined => {
  const { bits, scheme, granularity } = quantizer;
  if (ofFile === undefined) return "no grid in the file";
  const { grid } = ofFile;
  const { scale, zeroPoint, qmin, axis } = grid;
  if (!asksRange) return "a range that no estimator answers";
  if (bitsOf(grid) !== bits) return `${bitsOf(grid)} bits in the file, ${bits} here, with its range`;
  const byChannel = scale.length > 1;
  if (byChannel && site.endsWith("/input"))
    return "scales by channel in the file, which no site of activations takes";
  if (axis !== undefined)
    return "scales in the file by another axis than output channels, one range over all of them here";
  if (byChannel && granularity === "tensor")
    return "scales by channel in the file, one range over all of them here (--per-channel takes them)";
  const isSame = scale.every((one, c) => {
    const range = firstRange(byChannel ? `${site}/${c}` : site);
    const params = range && schemes[scheme](site, bits)(range);
    if (params === undefined || E.isLeft(params)) return false;
    const own = params.right;
    return (
      Math.abs(own.scale[0]! / one - 1) <= tolerance && own.zeroPoint[0]! - own.qmin === zeroPoint[c]! - qmin
    );
  });
  return isSame ? whyLeftOut(ofFile) : `another scheme than ${scheme} in the file, with its range`;
};

/** Compares the grids of a file with those that sites start on; undefined for a file without grids, and if nothing is quantized. */
export const firstGrids = (match: WeightMatch, sites: readonly ResolvedSite[]): FirstGrids | undefined => {
  const { grids, pairs } = match;
  if (grids === undefined) return undefined;
  const bySite = new Map<string, GridOfFile>();
  for (const { place, name, tensor } of pairs) {
    const { input, weight } = grids.get(name) ?? {};
    if (input) bySite.set(`${layerAndField(place.path)[0]}/input`, { grid: input });
    if (weight) bySite.set(place.path, { grid: weight, read: tensor.read });
  }
  const firstRange = firstRangeIn(firstRangesOf(match));
  const quantized = sites.filter(
    ({ planRole, quantizer }) => (planRole === "activation" || planRole === "weight") && quantizer.bits < 32,
  );
  if (quantized.length === 0) return undefined;
  const reasons = new Map<string, string[]>();
  for (const one of quantized) {
    const why = whyOther(one, bySite.get(one.site), firstRange);
    if (why !== undefined) reasons.set(why, [...(reasons.get(why) ?? []), one.site]);
  }
  const others = [...reasons].map(([reason, names]) => ({ reason, sites: names }));
  const differing = others.reduce((sum, one) => sum + one.sites.length, 0);
  return { sites: quantized.length, onGridsOfFile: quantized.length - differing, others };
};

/** The same as one line of text. */
export const firstGridsText = ({ sites, onGridsOfFile, others }: FirstGrids): string =>
  [
    `${onGridsOfFile} of ${sites} sites begin on the grids of the file`,
    ...others.map(
      ({ reason, sites: [first, ...more] }) =>
        `${first}${more.length > 0 ? ` and ${more.length} more` : ""}: ${reason}`,
    ),
  ].join("; ");
