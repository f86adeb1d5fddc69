/** @file Messages about invalid statistics of a tensor, with their positions in the files. */
import type { ColumnMap } from "./columnKinds.ts";
import { type ReadSource, valuesOf } from "./places.ts";
import { RepeatedValue } from "./repeated.ts";
import { failure } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";
import type { StatisticTable } from "./statisticTable.ts";
import { TensorFault } from "./tensorEnds.ts";

/** A failure for an error thrown while rows were gathered. Other errors are returned as they are. */
export const explained = async (
  error: unknown,
  table: StatisticTable,
  sources: readonly ReadSource[],
  columns: ColumnMap,
): Promise<unknown> => {
  const valuesAt = (site: number, step: number, statistics: readonly Statistic[]) =>
    valuesOf(sources, { columns }, table.sites.all[site]!, step, statistics);
  if (error instanceof RepeatedValue) {
    const { site, step, statistic } = error;
    const { name } = table.sites.all[site]!;
    const [first, ...others] = await valuesAt(site, step, [statistic]);
    const second = others.find(({ value }) => !Object.is(value, first?.value));
    return failure(
      `${first?.place} and ${second?.place.replace(sources.length === 1 ? `${sources[0]?.source.path}, ` : "", "")}`,
      `${statistic} ${first?.value} and ${second?.value} of ${name} at step ${step}`,
      "one value for each step",
      "--repeated first or --repeated last keeps one of them",
    );
  }
  if (error instanceof TensorFault) {
    const [site, step] = [table.siteAt(error.row), table.stepAt(error.row)];
    const [first] = await valuesAt(site, step, error.statistics);
    return failure(
      first?.place ?? "rangeflow import",
      `${error.found} of ${table.sites.all[site]!.name} at step ${step}`,
      error.expected,
    );
  }
  return error;
};
