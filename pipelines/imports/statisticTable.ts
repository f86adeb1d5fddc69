/**
 * @file The statistics of an import, one row per site and step, in columns of numbers: about 40 bytes per row. Files may state the
 *   statistics of a tensor in any order. If it is the order of steps, nothing is sorted.
 */
import { type ImportedSite, ImportedSites } from "./importedSites.ts";
import type { Precision, PrintedColumn } from "./precision.ts";
import { PrintedErrors } from "./printedErrors.ts";
import { type Repeated, RepeatedValue } from "./repeated.ts";
import { isSameHistogram, Repeats, type Said } from "./repeats.ts";
import { orderByStep } from "./rowOrder.ts";
import { failure } from "./source.ts";
import type { BinnedCounts, Statistic, StatisticBatch, StatisticColumn, Unused } from "./statisticBatch.ts";
import { bits, coldStartBit } from "./statisticMask.ts";
import { TableRows } from "./tableRows.ts";
import { elementsFault, hasFaults, type RowFact, valueFault } from "./valueFault.ts";

/** Largest announced number of rows for which memory is reserved at once. */
const mostExpected = 2 ** 24;

/** Expected text, and advice, for a second histogram. */
const oneEach = ["one for each step", "--repeated first or --repeated last keeps one of them"] as const;

const isSame = (a: number, b: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));

interface TableOptions {
  readonly repeated: Repeated;
  readonly precision: Precision;
  /** Whether the user has given the format of all scales, which overrides the files. */
  readonly isFormatSaid: boolean;
}

/** The table of an import. */
export class StatisticTable extends TableRows {
  readonly sites = new ImportedSites();
  /** Number of values taken. */
  values = 0;
  /** Number of repeated values, equal ones and others. */
  repeatedEqual = 0;
  repeatedOther = 0;
  /** Number of tensors whose min and max were stated less often than other statistics. */
  repeatedMixed = 0;
  /** Columns that were found to be printed with a fixed number of decimals. */
  readonly printed: PrintedColumn[] = [];
  readonly #options: TableOptions;
  /** Last row of each site, and its largest step so far. */
  readonly #lastRow: number[] = [];
  readonly #lastStep: number[] = [];
  #isOrdered = true;
  #hasFragments = false;
  #path = "";
  #place = "";
  #rank = -1;
  #firstRow = 0;
  readonly #repeats = new Repeats();
  readonly #printedErrors: PrintedErrors;
  #rowOf = new Int32Array(0);

  constructor(options: TableOptions) {
    super();
    this.#options = options;
    this.#printedErrors = new PrintedErrors(options.precision);
  }

  /** Begins a file. Its rows have the given rank unless they state another; `place` names its places: lines or rows. */
  begin(path: string, place: string, rank: number): void {
    [this.#path, this.#place, this.#rank, this.#firstRow] = [path, place, rank, this.rows];
    this.#printedErrors.begin();
    this.sites.begin();
  }

  /** Reserves memory for more rows, if the number is plausible. */
  expect(rows: number): void {
    this.reserve(this.rows + Math.min(rows, mostExpected));
  }

  /** Adds rows of the file. @throws `RangeflowFailure` for an impossible value, `RepeatedValue` */
  add(batch: StatisticBatch): void {
    if (this.#rowOf.length < batch.rows) this.#rowOf = new Int32Array(batch.rows);
    this.reserve(this.rows + batch.rows);
    for (let i = 0; i < batch.rows; i++) this.#rowOf[i] = this.#row(batch, i);
    this.#addFormats(batch);
    for (const [statistic, column] of batch.columns) this.#addColumn(batch, statistic, column);
    if (batch.histograms !== undefined)
      for (const [i, histogram] of batch.histograms.entries())
        if (histogram !== undefined) this.#addHistogram(batch, i, histogram);
  }

  /** Ends a file. Its columns without a fixed number of decimals are exact. */
  end(): void {
    for (const [statistic, printed] of this.#printedErrors.decided(this.#path)) {
      const errors = this.errors.get(statistic) as Float64Array;
      for (let row = this.#firstRow; row < this.rows; row++)
        if ((errors[row] as number) < 0) errors[row] = printed === undefined ? 0 : -(errors[row] as number);
      if (printed !== undefined) this.printed.push(printed);
    }
  }

  /** Indices of all rows in the order of their steps; undefined if they are in that order. No row may be added later. */
  order(unused: Unused): Uint32Array | undefined {
    const order = this.#isOrdered ? undefined : orderByStep(this.stepOf, this.rows);
    const joined = this.#hasFragments
      ? this.#joined(order ?? Uint32Array.from({ length: this.rows }, (_, i) => i))
      : order;
    this.repeatedMixed = this.#repeats.settle(this, unused);
    return joined;
  }

  /** The row for the i-th row of a batch: a new one, unless it continues the last tensor of the site in this file. */
  #row(batch: StatisticBatch, i: number): number {
    const step = batch.step[i] as number;
    if (Number.isNaN(step)) throw this.#fault(batch, i, "no step", "a whole number from 0 to 4294967295");
    this.#check(batch, i, "step", step);
    const rank = this.#fact(batch, i, "rank") ?? this.#rank;
    this.#fact(batch, i, "precision");
    const site = this.sites.at(batch, i, rank);
    let row = this.#lastRow[site] ?? -1;
    if (row < this.#firstRow || this.stepOf[row] !== step) row = this.#append(batch, i, site, step);
    if (batch.coldStart?.[i] === 1) {
      this.given[row] = (this.given[row] as number) | coldStartBit;
      this.hasColdStarts = true;
    }
    return row;
  }

  /** A fact that a row states in addition to its statistics; undefined if it does not. */
  #fact(batch: StatisticBatch, i: number, name: "rank" | "precision"): number | undefined {
    const column = batch[name];
    if (column === undefined || column.given[i] === 0) return undefined;
    const value = column.values[i] as number;
    this.#check(batch, i, name, value);
    return value;
  }

  #append(batch: StatisticBatch, i: number, site: number, step: number): number {
    const row = this.rows++;
    const before = this.#lastStep[site];
    if (before === undefined) this.#checkName(batch, i);
    if (before !== undefined && step <= before) this.#hasFragments = true;
    if (row > 0 && step < (this.stepOf[row - 1] as number)) this.#isOrdered = false;
    this.#lastStep[site] = Math.max(step, before ?? 0);
    this.#lastRow[site] = row;
    this.stepOf[row] = step;
    this.siteOf[row] = site;
    return row;
  }

  /** Notes the formats of scales. A site has one. */
  #addFormats(batch: StatisticBatch): void {
    const { format, columns } = batch;
    const scales = columns.get("scale");
    if (format === undefined || scales === undefined || this.#options.isFormatSaid) return;
    for (let i = 0; i < batch.rows; i++) {
      const text = format.texts[format.index[i] as number] as string;
      if (scales.given[i] === 0 || text === "") continue;
      const site = this.sites.all[this.siteOf[this.#rowOf[i] as number] as number] as ImportedSite;
      if (site.format === "") site.format = text;
      else if (site.format !== text)
        throw this.#fault(
          batch,
          i,
          `a scale of ${text} of ${site.name}, where scales before are of ${site.format}`,
          "one format for the scales of a site",
          "give them different names, or set the format with --number-format",
        );
    }
  }

  #checkName(batch: StatisticBatch, i: number): void {
    const name = batch.site.texts[batch.site.index[i] as number] as string;
    if (name === "") throw this.#fault(batch, i, "no site", "the name of a tensor");
    // U+FFFD replaces invalid bytes or escapes, so that different names may have become one.
    if (name.includes("\uFFFD")) throw this.#fault(batch, i, `"${name}" as site`, "a text in UTF-8");
  }

  #addColumn(batch: StatisticBatch, statistic: Statistic, column: StatisticColumn): void {
    const { values, given } = column;
    const { precision } = batch;
    const printed = this.#printedErrors;
    const errors = printed.mayHave(statistic, column, precision !== undefined)
      ? this.#errorsOf(statistic)
      : undefined;
    const isChecked = hasFaults(statistic);
    for (let i = 0; i < batch.rows; i++) {
      if (given[i] === 0) continue;
      const value = values[i] as number;
      this.values++;
      if (isChecked) this.#check(batch, i, statistic, value);
      const row = this.#rowOf[i] as number;
      if (!this.#put(row, statistic, value) || errors === undefined) continue;
      const decimals = precision?.given[i] === 1 ? (precision.values[i] as number) : undefined;
      const wrong = printed.fault(statistic, value, decimals);
      if (wrong !== undefined) throw this.#fault(batch, i, ...wrong);
      errors[row] = printed.of(statistic, column, i, decimals);
    }
  }

  #errorsOf(statistic: Statistic): Float64Array {
    const errors = this.errors.get(statistic) ?? new Float64Array(this.capacity);
    this.errors.set(statistic, errors);
    return errors;
  }

  #addHistogram(batch: StatisticBatch, i: number, histogram: BinnedCounts): void {
    const wrong = elementsFault(histogram);
    if (wrong !== undefined) throw this.#fault(batch, i, ...wrong);
    const row = this.#rowOf[i] as number;
    this.values += histogram.counts.length;
    this.#putHistogram(row, histogram, () => {
      const site = batch.site.texts[batch.site.index[i] as number];
      return this.#fault(batch, i, `a second histogram of ${site} at step ${batch.step[i]}`, ...oneEach);
    });
  }

  #putHistogram(row: number, histogram: BinnedCounts, twice: () => Error): void {
    const other = this.histograms.get(row);
    if (other !== undefined) {
      const isEqual = isSameHistogram(other, histogram);
      if (isEqual) this.repeatedEqual++;
      else if (this.#options.repeated === "refuse") throw twice();
      else this.repeatedOther++;
      this.#noteRepeat(row, "histogram", isEqual);
      if (this.#options.repeated !== "last") return;
    }
    this.histograms.set(row, histogram);
  }

  #noteRepeat(row: number, what: Said, isEqual: boolean): void {
    if (this.#options.repeated !== "refuse") this.#repeats.note(row, what, isEqual);
  }

  /** Sets a value of a row. False if the row keeps its existing value. */
  #put(row: number, statistic: Statistic, value: number): boolean {
    const [values, bit] = [this.valuesOf(statistic), bits[statistic]];
    const given = this.given[row] as number;
    if ((given & bit) !== 0) {
      const isEqual = isSame(values[row] as number, value);
      if (isEqual) this.repeatedEqual++;
      else if (this.#options.repeated === "refuse")
        throw new RepeatedValue(this.siteOf[row] as number, this.stepOf[row] as number, statistic);
      else this.repeatedOther++;
      this.#noteRepeat(row, statistic, isEqual);
      if (this.#options.repeated !== "last") return false;
    }
    values[row] = value;
    this.given[row] = given | bit;
    return true;
  }

  /** Merges several rows of one tensor into the first, and drops the others. */
  #joined(order: Uint32Array): Uint32Array {
    const first = new Int32Array(this.sites.all.length).fill(-1);
    let kept = 0;
    for (const row of order) {
      const site = this.siteOf[row] as number;
      const one = first[site] as number;
      if (one >= 0 && this.stepOf[one] === this.stepOf[row]) this.#join(one, row);
      else {
        first[site] = row;
        order[kept++] = row;
      }
    }
    return order.subarray(0, kept);
  }

  #join(into: number, row: number): void {
    for (const statistic of this.columns.keys()) {
      if (!this.has(row, statistic) || !this.#put(into, statistic, this.value(row, statistic))) continue;
      const errors = this.errors.get(statistic);
      if (errors !== undefined) errors[into] = errors[row] as number;
    }
    this.given[into] = (this.given[into] as number) | ((this.given[row] as number) & coldStartBit);
    const histogram = this.histograms.get(row);
    if (histogram !== undefined)
      this.#putHistogram(into, histogram, () => {
        const { name } = this.sites.all[this.siteOf[row] as number] as ImportedSite;
        return failure(name, `two histograms at step ${this.stepOf[row]}`, ...oneEach);
      });
    this.#repeats.join(into, row);
  }

  #check(batch: StatisticBatch, i: number, name: Statistic | RowFact, value: number): void {
    const wrong = valueFault(name, value);
    if (wrong !== undefined) throw this.#fault(batch, i, ...wrong);
  }

  #fault({ places }: StatisticBatch, i: number, found: string, expected: string, hint?: string): Error {
    return failure(`${this.#path}, ${this.#place} ${places[i]}`, found, expected, hint);
  }
}
