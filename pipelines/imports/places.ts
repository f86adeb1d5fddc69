/** @file Positions of invalid values. Files are read again to find them, so that the position of every number need not be stored. */
import type { ImportedSite } from "./importedSites.ts";
import type { Format, Reading } from "./reader.ts";
import type { Source } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";

/** A file with its format, and the rank in its path, or -1. */
export interface FoundSource {
  readonly source: Source;
  readonly format: Format;
  readonly rank: number;
}

/** The same, with what was undone by restarts. */
export interface ReadSource extends FoundSource, Pick<Reading, "isUndone"> {}

/** A value, and its position. */
export interface FoundValue {
  readonly place: string;
  readonly value: number;
}

/** The values of some statistics of a site at a step, in the order of the files. */
export const valuesOf = async (
  sources: readonly ReadSource[],
  reading: Pick<Reading, "columns">,
  site: ImportedSite,
  step: number,
  statistics: readonly Statistic[],
): Promise<readonly FoundValue[]> => {
  const found: FoundValue[] = [];
  for (const { source, format, rank, isUndone } of sources)
    await format.read(source, {
      ...reading,
      isUndone,
      unused: new Map(),
      expect: () => {},
      unended: () => {},
      tookEpochs: () => {},
      take: ({ rows, ...batch }) => {
        for (let i = 0; i < rows; i++) {
          const own = batch.rank?.given[i] === 1 ? batch.rank.values[i] : rank;
          if (batch.step[i] !== step || own !== site.rank) continue;
          if (batch.site.texts[batch.site.index[i] as number] !== site.name) continue;
          if ((batch.role?.texts[batch.role.index[i] as number] ?? "") !== site.roleWord) continue;
          for (const statistic of statistics) {
            const column = batch.columns.get(statistic);
            if (column?.given[i] === 1)
              found.push({
                place: `${source.path}, ${format.place} ${batch.places[i]}`,
                value: column.values[i] as number,
              });
          }
        }
      },
    });
  return found;
};
