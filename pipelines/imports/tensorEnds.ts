/** @file Min and max of a tensor, from whatever statistics an import has. */
import type { Known } from "../../core/foreignStat.ts";
import type { NumberFormat } from "./numberFormats.ts";
import { outermostBins } from "./outermostBins.ts";
import type { BinnedCounts, Statistic } from "./statisticBatch.ts";
import type { StatisticTable } from "./statisticTable.ts";

/** Min and max of a tensor, NaN if unknown. Reused for each row. */
export interface TensorEnds {
  known: Known;
  min: number;
  max: number;
  minError: number;
  maxError: number;
}

export const newEnds = (): TensorEnds => ({ known: "minMax", min: 0, max: 0, minError: 0, maxError: 0 });

/** Invalid statistics of a tensor. */
export class TensorFault extends Error {
  readonly row: number;
  readonly statistics: readonly Statistic[];
  readonly found: string;
  readonly expected: string;

  constructor(row: number, statistics: readonly Statistic[], found: string, expected: string) {
    super(found);
    [this.row, this.statistics, this.found, this.expected] = [row, statistics, found, expected];
  }
}

/** Midpoint and half-width of the largest magnitude, given a scale that was rounded up to a power of two. */
const roundedUp = (
  scale: number,
  error: number,
  greatest: number,
): readonly [amax: number, error: number] => {
  const [least, most] = [((scale - error) / 2) * greatest, (scale + error) * greatest];
  return [(least + most) / 2, (most - least) / 2];
};

const set = (
  ends: TensorEnds,
  known: Known,
  min: number,
  max: number,
  minError = 0,
  maxError = minError,
): true => {
  ends.known = known;
  ends.min = min;
  ends.max = max;
  ends.minError = minError;
  ends.maxError = maxError;
  return true;
};

/**
 * Min and max from a histogram. Edges that were made from the tensor begin and end with it, and then no outermost bin is empty. If one is
 * empty, the edges were fixed before the tensor, and min and max lie somewhere in the outermost nonempty bins.
 */
const setHistogram = (ends: TensorEnds, binned: BinnedCounts): boolean => {
  const found = outermostBins(binned);
  if (found === undefined) return false;
  const { least, greatest, areOutermost } = found;
  if (areOutermost) return set(ends, "histogram", least[0], greatest[1]);
  const [below, above] = [(least[1] - least[0]) / 2, (greatest[1] - greatest[0]) / 2];
  return set(ends, "histogram", least[0] + below, greatest[1] - above, below, above);
};

/**
 * The smallest and the largest element of a histogram. They are the tensor's min and max if both are known. A largest magnitude is
 * attained at one of them, and a scale may belong to other tensors.
 *
 * @returns undefined for an empty histogram
 */
export const histogramRange = (
  binned: BinnedCounts,
  { known, min, max }: TensorEnds,
): readonly [min: number, max: number] | undefined => {
  const own = newEnds();
  if (!setHistogram(own, binned)) return undefined;
  if (known === "scale") return [own.min, own.max];
  if (known !== "amax") return [min, max];
  const within = (end: number): number => Math.min(Math.max(end, min), max);
  return -own.min > own.max ? [min, within(own.max)] : [within(own.min), max];
};

/**
 * Finds min and max of a row's tensor: from min and max, otherwise from the largest magnitude, otherwise from a scale, otherwise from a
 * histogram. They stay unknown if there are only mean and standard deviation.
 *
 * @param formatOf returns the format of a site's scales
 * @returns false if nothing states how wide the tensor is
 * @throws `TensorFault`
 */
export const findEnds = (
  table: StatisticTable,
  row: number,
  formatOf: (site: number) => NumberFormat,
  ends: TensorEnds,
): boolean => {
  const has = (statistic: Statistic): boolean => table.has(row, statistic);
  if (has("min") && has("max")) {
    const [min, max] = [table.value(row, "min"), table.value(row, "max")];
    // For a tensor without elements they are the initial values of a search.
    if (min > max && !(has("count") && table.value(row, "count") === 0))
      throw new TensorFault(row, ["min", "max"], `min ${min} above max ${max}`, "a min that is at most max");
    return set(ends, "minMax", min, max, table.error(row, "min"), table.error(row, "max"));
  }
  if (has("amax")) {
    const amax = table.value(row, "amax");
    return set(ends, "amax", -amax, amax, table.error(row, "amax"));
  }
  if (has("scale")) {
    const [scale, error, format] = [
      table.value(row, "scale"),
      table.error(row, "scale"),
      formatOf(table.siteAt(row)),
    ];
    const zeroPoint = has("zeroPoint") ? table.value(row, "zeroPoint") : 0;
    if (!format.hasZeroPoint && zeroPoint !== 0)
      throw new TensorFault(
        row,
        ["zeroPoint"],
        `zero point ${zeroPoint} with a scale of ${format.name}`,
        "none, or 0, as floats have",
      );
    if (format.isPowerOfTwo) {
      const [amax, half] = roundedUp(scale, error, format.greatest);
      return set(ends, "scale", -amax, amax, half);
    }
    if (!(Number.isInteger(zeroPoint) && zeroPoint >= format.lowest && zeroPoint <= format.greatest))
      throw new TensorFault(
        row,
        ["zeroPoint"],
        `zero point ${zeroPoint}`,
        `a whole number from ${format.lowest} to ${format.greatest}, as ${format.name} has`,
      );
    const lowest = (has("zeroPoint") ? format.lowest : format.lowestSymmetric) - zeroPoint;
    const greatest = format.greatest - zeroPoint;
    return set(
      ends,
      "scale",
      lowest * scale,
      greatest * scale,
      Math.abs(lowest) * error,
      Math.abs(greatest) * error,
    );
  }
  if (has("min") || has("max")) {
    const [one, other]: readonly [Statistic, Statistic] = has("min") ? ["min", "max"] : ["max", "min"];
    throw new TensorFault(row, [one], `${one} without ${other}`, "both ends, or amax");
  }
  const histogram = table.histogram(row);
  if (histogram !== undefined) return setHistogram(ends, histogram);
  return has("mean") && has("std") && set(ends, "moments", Number.NaN, Number.NaN);
};
