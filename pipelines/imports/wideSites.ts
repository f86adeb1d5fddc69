/**
 * @file Columns of tables with a row per step, whose names contain both site and statistic, like those of logged scalars:
 *
 *     step,conv1.input.min,conv1.input.max,fc/weight/amax
 */
import { scalarName } from "./scalarName.ts";
import { failure } from "./source.ts";
import type { StatisticPlace } from "./statisticBatch.ts";

/** A site and the columns of its statistics. */
export interface WideSite {
  readonly site: string;
  /** Format of its scales, if the name states it; otherwise empty. */
  readonly format: string;
  readonly statistics: readonly StatisticPlace[];
}

/**
 * The sites in the names of columns.
 *
 * @param columns numbers of the columns without another meaning
 * @throws `RangeflowFailure` for two columns with the same statistic of a site
 */
export const wideSites = (
  path: string,
  names: readonly string[],
  columns: readonly number[],
): readonly WideSite[] => {
  const sites = new Map<string, { format: string; statistics: StatisticPlace[] }>();
  for (const column of columns) {
    const name = names[column] as string;
    const scalar = scalarName(name);
    if (scalar === undefined) continue;
    const { site, statistic, factor, format = "" } = scalar;
    const of = sites.get(site) ?? { format, statistics: [] };
    const other = of.statistics.find((one) => one.statistic === statistic);
    if (other !== undefined)
      throw failure(
        path,
        `columns ${names[other.column]} and ${name}, both of which may be the ${statistic} of ${site}`,
        "one of them",
        "leave one of them out",
      );
    of.statistics.push({ column, statistic, factor });
    if (of.format === "") of.format = format;
    sites.set(site, of);
  }
  return [...sites].map(([site, of]) => ({ site, ...of }));
};
