/** @file How a range fits a tensor with a recorded histogram, on the levels of its site. */
import * as E from "fp-ts/lib/Either.js";
import { type Bins, binsOf, shareInside, spreadOverBins } from "../../core/histogram.ts";
import { projectionTitle } from "../../core/projectionTitle.ts";
import { codedRange } from "../../core/qparams.ts";
import { type Rounding, squaredErrorOf } from "../../core/quantizationError.ts";
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
  /** Signal-to-quantization-noise ratio in dB; infinite if there is no error. */
  readonly sqnr: number;
  /** Share of clipped elements, 0 to 1. On a uniform grid those more than half a step beyond its outer levels. */
  readonly clipped: number;
}

/** Computes the fit of ranges, or a short text on why the histogram cannot tell. */
export type HistogramFit = { readonly fit: (range: Range) => Fit } | { readonly unfit: string };

/** Totals that errors and shares refer to: number of elements, and sum of squares. */
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
  { site, rounding }: { readonly site: string; readonly rounding: Rounding },
): ((range: Range) => Fit) => {
  const gridOf = uniformGrid({ scheme, bits }, site);
  const coded = codedRange(scheme, bits);
  const errorOf = squaredErrorOf(sample, rounding);
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
    // Each side of 0 separately, because a range clips at its outer end.
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

/** Reason for a site whose bit width was not recorded. */
export const bitsUnknown = "the bits of the site were not recorded";

/**
 * Fit of ranges to a recorded tensor, on the levels of its site; undefined without a histogram. A histogram does not record which
 * elements were neighbours, so it cannot tell for levels that depend on the tensor or on a channel.
 *
 * @param rounding of grids; levels of a projection are known for rounding to nearest alone. Default: to nearest
 */
export const histogramFit = (
  { site, role, stat, histogram }: RangeSeen,
  rounding: Rounding = "nearest",
): HistogramFit | undefined => {
  if (histogram === undefined) return undefined;
  const { facts } = stat;
  if (facts === undefined) return { unfit: bitsUnknown };
  const known = { sample: histogram, bins: binsOf(histogram.values), size: sampleSize(histogram) };
  const whole = { ...known, energy: energyOf(known) };
  if (facts.projection === undefined) return { fit: onGrid(whole, facts, { site, rounding }) };
  const { follows } = facts.projection;
  const name = projectionTitle(facts.projection);
  if (rounding === "stochastic")
    return { unfit: `levels of ${name} are known for rounding to nearest alone` };
  if (follows === "channels") return { unfit: `levels of ${name} follow each channel` };
  if (follows !== "range") return { unfit: `levels of ${name} follow the tensor itself` };
  const projection = rangedProjection(facts.projection, role);
  if (projection === undefined) return { unfit: `${name} is no built-in quantizer` };
  return { fit: onLevels(whole, projection, { bits: facts.bits, role }) };
};

/** Fits of histograms. Each is computed once and cached. */
export const fitsByRow = (rounding: Rounding): ((row: RangeSeen) => HistogramFit | undefined) => {
  const fits = new WeakMap<RangeSeen, HistogramFit>();
  return (row) => {
    if (row.histogram === undefined) return undefined;
    const fit = fits.get(row) ?? histogramFit(row, rounding);
    if (fit) fits.set(row, fit);
    return fit;
  };
};
