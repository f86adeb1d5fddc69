/** @file Batches of tables that are stored by column, from whatever gives their columns as numbers and texts. */
import { ByteTexts } from "./byteTexts.ts";
import {
  noteUnused,
  type Statistic,
  type StatisticBatch,
  type StatisticColumn,
  type Unused,
} from "./statisticBatch.ts";
import { StatisticTexts } from "./statisticTexts.ts";
import type { TableLayout } from "./tableLayout.ts";

/** Some rows of a table, by the numbers of its columns. */
export interface ColumnAccess {
  readonly rows: number;
  /** Number of the first one, from 1. */
  readonly firstRow: number;
  /** A column of numbers; arrays of its own. */
  readonly numbers: (column: number) => StatisticColumn;
  /** A column of truth values, 1 for each that is true. */
  readonly flags: (column: number) => Uint8Array;
  /** A column of texts, as their places among the texts; a missing one is the empty text. */
  readonly texts: (column: number, texts: ByteTexts) => Int32Array;
}

const times = (values: Float64Array, factor: number): Float64Array =>
  factor === 1 ? values : values.map((value) => value * factor);

const placesFrom = (first: number, rows: number): Uint32Array => {
  const places = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) places[i] = first + i;
  return places;
};

/** Makes batches of the rows of one file. */
export class ColumnarBatches {
  readonly #layout: TableLayout;
  readonly #unused: Unused;
  readonly #sites = new ByteTexts();
  readonly #roles = new ByteTexts();
  readonly #formats = new ByteTexts();
  readonly #meanings = new StatisticTexts();

  constructor(layout: TableLayout, unused: Unused) {
    [this.#layout, this.#unused] = [layout, unused];
    this.#roles.ofText("");
    this.#formats.ofText("");
  }

  batch(access: ColumnAccess): StatisticBatch {
    const { rows, firstRow } = access;
    const { step, site, role, rank, format, precision, coldStart, unused } = this.#layout;
    const steps = access.numbers(step);
    for (let i = 0; i < rows; i++) if (steps.given[i] === 0) steps.values[i] = Number.NaN;
    for (const name of unused) noteUnused(this.#unused, name, rows);
    const columns = new Map<Statistic, StatisticColumn>();
    for (const { column, statistic, factor } of this.#layout.statistics) {
      const { values, given } = access.numbers(column);
      columns.set(statistic, { values: times(values, factor), given });
    }
    for (const [statistic, column] of this.#long(access)) columns.set(statistic, column);
    return {
      rows,
      places: placesFrom(firstRow, rows),
      step: steps.values,
      site: { texts: this.#sites.texts, index: access.texts(site, this.#sites) },
      ...(role !== undefined && {
        role: { texts: this.#roles.texts, index: access.texts(role, this.#roles) },
      }),
      ...(format !== undefined && {
        format: { texts: this.#formats.texts, index: access.texts(format, this.#formats) },
      }),
      ...(rank !== undefined && { rank: access.numbers(rank) }),
      ...(precision !== undefined && { precision: access.numbers(precision) }),
      ...(coldStart !== undefined && { coldStart: access.flags(coldStart) }),
      columns,
    };
  }

  /** The statistics of a long table, each with those rows that are of it. */
  #long(access: ColumnAccess): ReadonlyMap<Statistic, StatisticColumn> {
    const { long } = this.#layout;
    const columns = new Map<Statistic, StatisticColumn>();
    if (long === undefined) return columns;
    const names = access.texts(long.statistic, this.#meanings.texts);
    const { values, given } = access.numbers(long.value);
    for (let i = 0; i < access.rows; i++) {
      const { name, meaning } = this.#meanings.at(names[i] as number);
      if (meaning === undefined) {
        noteUnused(this.#unused, name);
        continue;
      }
      let column = columns.get(meaning.statistic);
      if (column === undefined) {
        column = { values: new Float64Array(access.rows), given: new Uint8Array(access.rows) };
        columns.set(meaning.statistic, column);
      }
      column.values[i] = (values[i] as number) * meaning.factor;
      column.given[i] = given[i] as number;
    }
    return columns;
  }
}
