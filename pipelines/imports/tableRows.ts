/** @file Rows of a table of statistics, as growing columns of numbers. */
import { grown } from "./grown.ts";
import type { BinnedCounts, Statistic } from "./statisticBatch.ts";
import { bits, coldStartBit } from "./statisticMask.ts";

/** Rows by column. A mask says which statistics a row has. */
export class TableRows {
  rows = 0;
  hasColdStarts = false;
  protected capacity = 1 << 14;
  protected stepOf: Uint32Array = new Uint32Array(this.capacity);
  protected siteOf: Int32Array = new Int32Array(this.capacity);
  protected given: Uint32Array = new Uint32Array(this.capacity);
  protected readonly columns: Map<Statistic, Float64Array> = new Map();
  protected readonly errors: Map<Statistic, Float64Array> = new Map();
  protected readonly histograms: Map<number, BinnedCounts> = new Map();

  /** Whether any row has the statistic. */
  hasColumn(statistic: Statistic): boolean {
    return this.columns.has(statistic);
  }

  /** Whether any min or max is known only to an interval, or there is a histogram or a row of a cold start. */
  get hasErrors(): boolean {
    return [...this.errors.values()].some((errors) => errors.some((error) => error > 0));
  }

  get hasHistograms(): boolean {
    return this.histograms.size > 0;
  }

  stepAt(row: number): number {
    return this.stepOf[row] as number;
  }

  siteAt(row: number): number {
    return this.siteOf[row] as number;
  }

  isColdStart(row: number): boolean {
    return ((this.given[row] as number) & coldStartBit) !== 0;
  }

  has(row: number, statistic: Statistic): boolean {
    return ((this.given[row] as number) & bits[statistic]) !== 0;
  }

  /** Whether a row has any of the statistics of a mask (`maskOf`). */
  hasAny(row: number, mask: number): boolean {
    return ((this.given[row] as number) & mask) !== 0;
  }

  /** Whether a row has the statistics of a mask, and nothing else. */
  hasOnly(row: number, mask: number): boolean {
    return this.given[row] === mask;
  }

  /** A value that the row has. */
  value(row: number, statistic: Statistic): number {
    return this.columns.get(statistic)?.[row] as number;
  }

  /** Half-width of the interval that contains a value. */
  error(row: number, statistic: Statistic): number {
    return this.errors.get(statistic)?.[row] ?? 0;
  }

  histogram(row: number): BinnedCounts | undefined {
    return this.histograms.get(row);
  }

  /** Removes a value, or the histogram, of a row. @returns whether it had one */
  forget(row: number, what: Statistic | "histogram"): boolean {
    if (what === "histogram") return this.histograms.delete(row);
    if (!this.has(row, what)) return false;
    this.given[row] = (this.given[row] as number) & ~bits[what];
    return true;
  }

  protected valuesOf(statistic: Statistic): Float64Array {
    const known = this.columns.get(statistic);
    if (known !== undefined) return known;
    const values = new Float64Array(this.capacity);
    this.columns.set(statistic, values);
    return values;
  }

  /** Reserves memory for a number of rows. */
  protected reserve(rows: number): void {
    if (rows <= this.capacity) return;
    this.capacity = Math.max(rows, this.rows === 0 ? 0 : 2 * this.capacity);
    this.stepOf = grown(this.stepOf, this.capacity);
    this.siteOf = grown(this.siteOf, this.capacity);
    this.given = grown(this.given, this.capacity);
    for (const map of [this.columns, this.errors])
      for (const [statistic, values] of map) map.set(statistic, grown(values, this.capacity));
  }
}
