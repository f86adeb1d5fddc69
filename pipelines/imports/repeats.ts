/** @file How often files say what of a tensor, where they say anything twice: what was said less often than the rest is of one saying only. */
import {
  type BinnedCounts,
  noteUnused,
  type Statistic,
  statisticNames,
  type Unused,
} from "./statisticBatch.ts";
import type { TableRows } from "./tableRows.ts";

/** What can be said of a tensor. */
export type Said = Statistic | "histogram";

interface Repeat {
  /** How often more than once each thing was said. */
  readonly more: Map<Said, number>;
  /** Whether anything was said differently. */
  differs: boolean;
}

/** What rows of a table were told more than once. */
export class Repeats {
  readonly #rows = new Map<number, Repeat>();

  /** Notes that a row is told something again. */
  note(row: number, what: Said, isEqual: boolean): void {
    const repeat = this.#rows.get(row) ?? { more: new Map(), differs: false };
    repeat.more.set(what, (repeat.more.get(what) ?? 0) + 1);
    repeat.differs ||= !isEqual;
    this.#rows.set(row, repeat);
  }

  /** Adds what another row of the same tensor was told more than once. */
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
   * Leaves out what rows that were told different things were told less often than the rest, since nobody knows of which tensor it is: the first or
   * the last one. Ends are kept.
   *
   * @returns rows whose ends are such
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

/** The statistics that tell the ends of a tensor, of those that it has. */
const endsAmong = (has: (statistic: Statistic) => boolean): readonly Statistic[] => {
  if (has("min") && has("max")) return ["min", "max"];
  if (has("amax")) return ["amax"];
  return has("scale") ? ["scale", "zeroPoint"] : ["min", "max", "mean", "std"];
};

const areEqual = (a: ArrayLike<number>, b: ArrayLike<number>): boolean =>
  a.length === b.length && Array.from(a).every((value, i) => value === b[i]);

/** Whether two histograms say the same. */
export const isSameHistogram = (a: BinnedCounts, b: BinnedCounts): boolean =>
  areEqual(a.edges, b.edges) && areEqual(a.counts, b.counts);
