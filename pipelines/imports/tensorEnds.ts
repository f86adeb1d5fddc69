/** @file The ends of a tensor, from what an import has of it. */
import type { Known } from "../../core/foreignStat.ts";
import type { NumberFormat } from "./numberFormats.ts";
import type { Statistic } from "./statisticBatch.ts";
import type { StatisticTable } from "./statisticTable.ts";

/** Ends of a tensor: numbers, or NaN where they are not known; filled anew for each row. */
export interface TensorEnds {
  known: Known;
  min: number;
  max: number;
  minError: number;
  maxError: number;
}

export const newEnds = (): TensorEnds => ({ known: "minMax", min: 0, max: 0, minError: 0, maxError: 0 });

/** What is wrong with the statistics of a tensor. */
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

/** The interval of the largest magnitude whose scale was rounded up to a power of two, as its middle and half-width. */
const roundedUp = (
  scale: number,
  error: number,
  greatest: number,
): readonly [amax: number, error: number] => {
  const [least, most] = [((scale - error) / 2) * greatest, (scale + error) * greatest];
  return [(least + most) / 2, (most - least) / 2];
};

/**
 * Finds the ends of the tensor of a row: of min and max, else of the largest magnitude, else of a scale, else of a histogram; not known where
 * there are mean and deviation only.
 *
 * @param formatOf the format of the site's scales
 * @returns false if nothing says how wide the tensor is
 * @throws `TensorFault`
 */
export const findEnds = (
  table: StatisticTable,
  row: number,
  formatOf: () => NumberFormat,
  ends: TensorEnds,
): boolean => {
  const has = (statistic: Statistic): boolean => table.has(row, statistic);
  const set = (known: Known, min: number, max: number, minError = 0, maxError = minError): true => {
    ends.known = known;
    ends.min = min;
    ends.max = max;
    ends.minError = minError;
    ends.maxError = maxError;
    return true;
  };
  if (has("min") && has("max")) {
    const [min, max] = [table.value(row, "min"), table.value(row, "max")];
    if (min > max)
      throw new TensorFault(row, ["min", "max"], `min ${min} above max ${max}`, "a min that is at most max");
    return set("minMax", min, max, table.error(row, "min"), table.error(row, "max"));
  }
  if (has("amax")) {
    const amax = table.value(row, "amax");
    return set("amax", -amax, amax, table.error(row, "amax"));
  }
  if (has("scale")) {
    const [scale, error, format] = [table.value(row, "scale"), table.error(row, "scale"), formatOf()];
    if (format.isPowerOfTwo) {
      const [amax, half] = roundedUp(scale, error, format.greatest);
      return set("scale", -amax, amax, half);
    }
    const zeroPoint = has("zeroPoint") ? table.value(row, "zeroPoint") : 0;
    const lowest = (has("zeroPoint") ? format.lowest : format.lowestSymmetric) - zeroPoint;
    const greatest = format.greatest - zeroPoint;
    return set(
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
  const edges = table.histogram(row)?.edges;
  if (edges !== undefined) return set("histogram", edges[0] as number, edges[edges.length - 1] as number);
  return has("mean") && has("std") && set("moments", Number.NaN, Number.NaN);
};
