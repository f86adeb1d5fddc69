/** @file Builds batches of statistics value by value, for readers of text formats. */
import { ByteTexts } from "./byteTexts.ts";
import type { BinnedCounts, Statistic, StatisticBatch, StatisticColumn } from "./statisticBatch.ts";

/** Rows per batch. */
const rowsPerBatch = 8192;

interface FilledColumn extends StatisticColumn {
  readonly halfUnits: Float64Array;
  readonly forms: Uint16Array;
}

const newCells = (): StatisticColumn => ({
  values: new Float64Array(rowsPerBatch),
  given: new Uint8Array(rowsPerBatch),
});

const newColumn = (): FilledColumn => ({
  ...newCells(),
  halfUnits: new Float64Array(rowsPerBatch),
  forms: new Uint16Array(rowsPerBatch),
});

/** Collects rows and returns them as a batch when it is full. */
export class BatchBuilder {
  readonly sites = new ByteTexts();
  readonly roles = new ByteTexts();
  readonly formats = new ByteTexts();
  /** Number of rows. */
  rows = 0;
  readonly #places = new Uint32Array(rowsPerBatch);
  readonly #step = new Float64Array(rowsPerBatch);
  readonly #site = new Int32Array(rowsPerBatch);
  readonly #role = new Int32Array(rowsPerBatch);
  readonly #format = new Int32Array(rowsPerBatch);
  readonly #rank = newCells();
  readonly #precision = newCells();
  readonly #coldStart = new Uint8Array(rowsPerBatch);
  readonly #columns = new Map<Statistic, FilledColumn>();
  #histograms: (BinnedCounts | undefined)[] = [];

  constructor() {
    this.roles.ofText("");
    this.formats.ofText("");
  }

  get isFull(): boolean {
    return this.rows === rowsPerBatch;
  }

  /** Begins a row. It exists from then on. */
  add(place: number, step: number, site: number): void {
    const i = this.rows++;
    this.#places[i] = place;
    this.#step[i] = step;
    this.#site[i] = site;
  }

  /** Further facts of the current row. */
  role(index: number): void {
    this.#role[this.rows - 1] = index;
  }

  format(index: number): void {
    this.#format[this.rows - 1] = index;
  }

  rank(rank: number): void {
    this.#fill(this.#rank, rank);
  }

  /** Number of decimals that its numbers were printed with. */
  precision(decimals: number): void {
    this.#fill(this.#precision, decimals);
  }

  coldStart(): void {
    this.#coldStart[this.rows - 1] = 1;
  }

  /** Whether the row has a value of a statistic. */
  has(statistic: Statistic): boolean {
    return this.#columns.get(statistic)?.given[this.rows - 1] === 1;
  }

  /** Sets a value of the row, replacing an existing one. */
  set(statistic: Statistic, value: number, halfUnit: number, form: number): void {
    let column = this.#columns.get(statistic);
    if (column === undefined) {
      column = newColumn();
      this.#columns.set(statistic, column);
    }
    const i = this.rows - 1;
    this.#fill(column, value);
    column.halfUnits[i] = halfUnit;
    column.forms[i] = form;
  }

  #fill({ values, given }: StatisticColumn, value: number): void {
    values[this.rows - 1] = value;
    given[this.rows - 1] = 1;
  }

  histogram(binned: BinnedCounts): void {
    this.#histograms[this.rows - 1] = binned;
  }

  /** The rows. They are valid until the next one is added after `clear`. */
  batch(): StatisticBatch {
    return {
      rows: this.rows,
      places: this.#places,
      step: this.#step,
      site: { texts: this.sites.texts, index: this.#site },
      role: { texts: this.roles.texts, index: this.#role },
      format: { texts: this.formats.texts, index: this.#format },
      rank: this.#rank,
      precision: this.#precision,
      coldStart: this.#coldStart,
      columns: this.#columns,
      ...(this.#histograms.length > 0 && { histograms: this.#histograms }),
    };
  }

  clear(): void {
    this.rows = 0;
    this.#role.fill(0);
    this.#format.fill(0);
    this.#rank.given.fill(0);
    this.#precision.given.fill(0);
    this.#coldStart.fill(0);
    for (const { given } of this.#columns.values()) given.fill(0);
    this.#histograms = [];
  }
}
