import * as E from "fp-ts/lib/Either.js";
import { squaredErrorOf } from "../core/quantizationError.ts";
import { type Range, withZero } from "../core/range.ts";
import { binWidth, type Sample, sampleSize } from "../core/sample.ts";
import type { RangeSeen } from "../core/signal.ts";
import { siteGrid } from "../core/siteGrid.ts";
import { grid } from "../quantizers/quantizer.ts";

/** What a range would have made of a tensor whose histogram was recorded. */
export interface Fit {
  /** Signal-to-quantization-noise ratio in dB, rounded to nearest; infinite without any error. */
  readonly sqnr: number;
  /** Share of the elements beyond the range. */
  readonly clipped: number;
}

/** The share of an interval that lies outside of a range. */
const shareBeyond = (middle: number, width: number, { lo, hi }: Range): number => {
  if (width === 0) return middle < lo || middle > hi ? 1 : 0;
  const inside = Math.min(middle + width / 2, hi) - Math.max(middle - width / 2, lo);
  return 1 - Math.min(Math.max(inside, 0) / width, 1);
};

const energyOf = ({ values, counts }: Sample): number => {
  let sum = 0;
  for (const [i, middle] of values.entries())
    sum += (counts?.[i] as number) * (middle * middle + binWidth(middle) ** 2 / 12);
  return sum;
};

/** How ranges would have fitted a recorded tensor, on the grid that its site had; undefined where no histogram was recorded. */
export const histogramFit = ({ site, stat, histogram }: RangeSeen): ((range: Range) => Fit) | undefined => {
  if (histogram === undefined || stat.measure === undefined) return undefined;
  const gridOf = grid(siteGrid(stat.measure), site);
  const errorOf = squaredErrorOf(histogram);
  const energy = energyOf(histogram);
  const size = sampleSize(histogram);
  return (range) => {
    const params = gridOf(range);
    const covered = withZero(range);
    let beyond = 0;
    for (const [i, middle] of histogram.values.entries())
      beyond += (histogram.counts?.[i] as number) * shareBeyond(middle, binWidth(middle), covered);
    const error = E.isRight(params) ? errorOf(params.right) : energy;
    return { sqnr: 10 * Math.log10(energy / error), clipped: beyond / size };
  };
};
