/** @file What a range would have made of a tensor whose histogram was recorded, on the levels that its site had. */
import * as E from "fp-ts/lib/Either.js";
import { type Bins, binsOf, shareInside, spreadOverBins } from "../../core/histogram.ts";
import { projectionTitle } from "../../core/projectionTitle.ts";
import { codedRange } from "../../core/qparams.ts";
import { squaredErrorOf } from "../../core/quantizationError.ts";
import type { Range } from "../../core/range.ts";
import { type Sample, sampleSize } from "../../core/sample.ts";
import type { RangeSeen, Role } from "../../core/signal.ts";
import type { SiteGrid } from "../../core/siteFacts.ts";
import { sqnrOf } from "../../core/sqnr.ts";
import { rangedProjection } from "../../quantizers/catalogue/rangedProjection.ts";
import { uniformGrid } from "../../quantizers/grids/uniform.ts";
import type { Projection } from "../../quantizers/projections/projection.ts";

/** Fit of a range to a tensor. */
export interface Fit {
  /** Signal-to-quantization-noise ratio in dB, rounded to nearest; infinite without any error. */
  readonly sqnr: number;
  /** Share of the elements that are clipped: of a uniform grid those beyond its ends by more than half a step. */
  readonly clipped: number;
}

/** Judge of ranges, or a few words on why a histogram cannot tell. */
export type HistogramFit = { readonly fit: (range: Range) => Fit } | { readonly unfit: string };

/** Whole that an error or a share is measured of, and its sum of squares. */
interface Whole {
  readonly sample: Sample;
  readonly bins: Bins;
  readonly energy: number;
  readonly size: number;
}

const energyOf = ({ sample: { values, counts }, bins: { lo, hi } }: Omit<Whole, "energy">): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const [a, b] = [lo[i] as number, hi[i] as number];
    sum += ((counts?.[i] as number) * (a * a + a * b + b * b)) / 3;
  }
  return sum;
};

const onGrid = (
  { sample, bins, energy, size }: Whole,
  { scheme, bits }: SiteGrid,
  site: string,
): ((range: Range) => Fit) => {
  const gridOf = uniformGrid({ scheme, bits }, site);
  const coded = codedRange(scheme, bits);
  const errorOf = squaredErrorOf(sample);
  return (range) => {
    const params = gridOf(range);
    const inside = shareInside(bins, coded(range));
    let beyond = 0;
    for (let i = 0; i < sample.values.length; i++) beyond += (sample.counts?.[i] as number) * (1 - inside(i));
    const error = E.isRight(params) ? errorOf(params.right) : energy;
    return { sqnr: sqnrOf(energy, error), clipped: beyond / size };
  };
};

const onLevels = (
  { sample, energy, size }: Whole,
  { project }: Projection,
  how: { readonly bits: number; readonly role: Role },
): ((range: Range) => Fit) => {
  const { values: x, weights } = spreadOverBins(sample);
  const firstPositive = x.findIndex((v) => v >= 0);
  const middle = firstPositive < 0 ? x.length : firstPositive;
  return (range) => {
    let [error, beyond] = [0, 0];
    // Each side of 0 by itself: what a range clips lies at the outer end of it.
    for (const isBelow of [true, false]) {
      const [from, end] = isBelow ? [0, middle] : [middle, x.length];
      const side = x.subarray(from, end);
      const { values, clipped } = project(side, {
        ...how,
        ...{ shape: [1, 1, 1, side.length], range, training: false, noise: undefined, quantities: [] },
      });
      for (let i = from; i < end; i++) {
        const weight = weights[i] as number;
        error += weight * ((values[i - from] as number) - (x[i] as number)) ** 2;
        if (isBelow ? i < clipped : i >= end - clipped) beyond += weight;
      }
    }
    return { sqnr: sqnrOf(energy, error), clipped: beyond / size };
  };
};

/** Why a histogram of a site whose bits were not recorded cannot tell. */
export const bitsUnknown = "the bits of the site were not recorded";

/**
 * Fit of ranges to a recorded tensor, on the levels of its site; undefined where no histogram was recorded. A histogram has
 * forgotten which elements stood together, so it can tell nothing of levels that follow the tensor, or each channel.
 */
export const histogramFit = ({ site, role, stat, histogram }: RangeSeen): HistogramFit | undefined => {
  if (histogram === undefined) return undefined;
  const { facts } = stat;
  if (facts === undefined) return { unfit: bitsUnknown };
  const known = { sample: histogram, bins: binsOf(histogram.values), size: sampleSize(histogram) };
  const whole = { ...known, energy: energyOf(known) };
  if (facts.projection === undefined) return { fit: onGrid(whole, facts, site) };
  const { follows } = facts.projection;
  const name = projectionTitle(facts.projection);
  if (follows === "channels") return { unfit: `levels of ${name} follow each channel` };
  if (follows !== "range") return { unfit: `levels of ${name} follow the tensor itself` };
  const projection = rangedProjection(facts.projection, role);
  if (projection === undefined) return { unfit: `${name} is no built-in quantizer` };
  return { fit: onLevels(whole, projection, { bits: facts.bits, role }) };
};

/** Fits of histograms, each made once for all who ask for it. */
export const fitsByRow = (): ((row: RangeSeen) => HistogramFit | undefined) => {
  const fits = new WeakMap<RangeSeen, HistogramFit>();
  return (row) => {
    if (row.histogram === undefined) return undefined;
    const fit = fits.get(row) ?? histogramFit(row);
    if (fit) fits.set(row, fit);
    return fit;
  };
};
