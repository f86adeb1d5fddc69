/**
 * @file How often files state each statistic of a tensor. What is stated less often than the rest belongs to only one of the statements.
 */
import {
  type BinnedCounts,
  noteUnused,
  type Statistic,
  statisticNames,
  type Unused,
} from "./statisticBatch.ts";
import type { TableRows } from "./tableRows.ts";

/** What can be stated about a tensor. */
export type Said = Statistic | "histogram";

interface Repeat {
  /** Number of repetitions of each statistic. */
  readonly more: Map<Said, number>;
  /** Whether anything was stated differently. */
  differs: boolean;
}

/** Rows of a table with repeated statements. */
export class Repeats {
  readonly #rows = new Map<number, Repeat>();

  /** Notes a repeated statement about a row. */
  note(row: number, what: Said, isEqual: boolean): void {
    const repeat = this.#rows.get(row) ?? { more: new Map(), differs: false };
    repeat.more.set(what, (repeat.more.get(what) ?? 0) + 1);
    repeat.differs ||= !isEqual;
    this.#rows.set(row, repeat);
  }

  /** Adds the repetitions of another row of the same tensor. */
  join(into: number, row: number): void {
    const other = this.#rows.get(row);
    if (other === undefined) return;
    const repeat = this.#rows.get(into) ?? { more: new Map(), differs: false };
    for (const [what, more] of other.more) repeat.more.set(what, (repeat.more.get(what) ?? 0) + more);
    repeat.differs ||= other.differs;
    this.#rows.set(into, repeat);
    this.#rows.delete(row);
  }

  /**
   * Drops statistics that were stated less often than others, in rows with differing statements, because it is unknown whether they
   * belong to the first or to the last tensor. Min and max are kept.
   *
   * @returns number of rows whose min and max are affected
   */
  settle(rows: TableRows, unused: Unused): number {
    let mixed = 0;
    for (const [row, { more, differs }] of this.#rows) {
      const most = Math.max(...more.values());
      const isSeldom = (what: Said): boolean => (more.get(what) ?? 0) < most;
      if (!differs) continue;
      const ends = endsAmong((statistic) => rows.has(row, statistic));
      if (ends.some((end) => rows.has(row, end) && isSeldom(end))) mixed++;
      for (const what of [...statisticNames, "histogram"] as const)
        if (what === "histogram" || !ends.includes(what))
          if (isSeldom(what) && rows.forget(row, what)) noteUnused(unused, `${what} ${seldom}`);
    }
    return mixed;
  }
}

const seldom = "said less often than other values of its tensor";

/** The statistics that determine min and max, of those that are present. */
const endsAmong = (has: (statistic: Statistic) => boolean): readonly Statistic[] => {
  if (has("min") && has("max")) return ["min", "max"];
  if (has("amax")) return ["amax"];
  return has("scale") ? ["scale", "zeroPoint"] : ["min", "max", "mean", "std"];
};

const areEqual = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

/** Whether two histograms are equal. */
export const isSameHistogram = (a: BinnedCounts, b: BinnedCounts): boolean =>
  areEqual(a.edges, b.edges) && areEqual(a.counts, b.counts);
