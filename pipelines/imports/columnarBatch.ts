/** @file Batches from tables that are stored by column, given access to their columns as numbers, texts and lists. */
import { ByteTexts } from "./byteTexts.ts";
import { statisticNamed } from "./columnKinds.ts";
import { MeantTexts } from "./meantTexts.ts";
import { isHistogram } from "./rebinned.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";
import { failure } from "./source.ts";
import {
  type BinnedCounts,
  noteUnused,
  type Statistic,
  type StatisticBatch,
  type StatisticColumn,
  type StatisticPlace,
  type Unused,
} from "./statisticBatch.ts";
import type { ScalarColumns, SiteColumns, StepColumns, TableLayout } from "./tableLayout.ts";
import { twoValues } from "./twoValues.ts";

/** Some rows of a table, with access to columns by number. */
export interface ColumnAccess {
  readonly rows: number;
  /** Number of the first row, from 1. */
  readonly firstRow: number;
  /** A column of numbers, in new arrays. */
  readonly numbers: (column: number) => StatisticColumn;
  /** A column of booleans; 1 means true. */
  readonly flags: (column: number) => Uint8Array;
  /** A column of texts, as indices; a missing text counts as empty. */
  readonly texts: (column: number, texts: ByteTexts) => Int32Array;
  /** A column of lists of numbers; undefined for missing lists. */
  readonly lists: (column: number) => readonly (ArrayLike<number> | undefined)[];
}

const times = ({ values, given }: StatisticColumn, factor: number): StatisticColumn => ({
  values: factor === 1 ? values : values.map((value) => value * factor),
  given,
});

const placesFrom = (first: number, rows: number): Uint32Array => {
  const places = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) places[i] = first + i;
  return places;
};

/** Elements of an array at some indices. */
const picked = <A extends Float64Array | Int32Array | Uint8Array | Uint32Array>(
  array: A,
  at: Uint32Array,
  into: A,
): A => {
  for (let i = 0; i < at.length; i++) into[i] = array[at[i] as number] as number;
  return into;
};

const pickedColumn = ({ values, given }: StatisticColumn, at: Uint32Array): StatisticColumn => ({
  values: picked(values, at, new Float64Array(at.length)),
  given: picked(given, at, new Uint8Array(at.length)),
});

/** Facts of the rows of a batch other than their sites. */
type RowFacts = Omit<StatisticBatch, "site" | "columns" | "histograms">;

/** Facts of some of the rows. */
const pickedFacts = (facts: RowFacts, at: Uint32Array): RowFacts => {
  const { role, format, rank, precision, coldStart } = facts;
  const integers = (array: Int32Array): Int32Array => picked(array, at, new Int32Array(at.length));
  return {
    rows: at.length,
    places: picked(facts.places, at, new Uint32Array(at.length)),
    step: picked(facts.step, at, new Float64Array(at.length)),
    ...(role && { role: { ...role, index: integers(role.index) } }),
    ...(format && { format: { ...format, index: integers(format.index) } }),
    ...(rank && { rank: pickedColumn(rank, at) }),
    ...(precision && { precision: pickedColumn(precision, at) }),
    ...(coldStart && { coldStart: picked(coldStart, at, new Uint8Array(at.length)) }),
  };
};

/** Rows that have at least one of some statistics. */
const rowsWithAny = (columns: Iterable<StatisticColumn>, rows: number): Uint32Array => {
  const any = new Uint8Array(rows);
  for (const { given } of columns)
    for (let i = 0; i < rows; i++) any[i] = (any[i] as number) | (given[i] as number);
  const at: number[] = [];
  for (let i = 0; i < rows; i++) if (any[i] === 1) at.push(i);
  return Uint32Array.from(at);
};

/** Makes batches of the rows of one file. */
export class ColumnarBatches {
  readonly #path: string;
  readonly #layout: TableLayout;
  readonly #unused: Unused;
  readonly #sites = new ByteTexts();
  readonly #roles = new ByteTexts();
  readonly #formats = new ByteTexts();
  readonly #meanings = new MeantTexts(statisticNamed);
  readonly #scalars = new MeantTexts(scalarName);

  constructor(path: string, layout: TableLayout, unused: Unused) {
    [this.#path, this.#layout, this.#unused] = [path, layout, unused];
    this.#roles.ofText("");
    this.#formats.ofText("");
  }

  /** The batches of some rows: one batch, or, for a table with one row per step, one batch per site. */
  *batches(access: ColumnAccess): Generator<StatisticBatch> {
    for (const name of this.#layout.unused) noteUnused(this.#unused, name, access.rows);
    const facts = this.#facts(access);
    if ("wide" in this.#layout) yield* this.#ofSites(access, this.#layout, facts);
    else if ("name" in this.#layout) yield this.#ofScalars(access, this.#layout, facts);
    else yield this.#ofRows(access, this.#layout, facts);
  }

  #facts(access: ColumnAccess): RowFacts {
    const { rows, firstRow } = access;
    const { step, role, rank, format, precision, coldStart } = this.#layout;
    const steps = access.numbers(step);
    for (let i = 0; i < rows; i++) if (steps.given[i] === 0) steps.values[i] = Number.NaN;
    return {
      rows,
      places: placesFrom(firstRow, rows),
      step: steps.values,
      ...(role !== undefined && {
        role: { texts: this.#roles.texts, index: access.texts(role, this.#roles) },
      }),
      ...(format !== undefined && {
        format: { texts: this.#formats.texts, index: access.texts(format, this.#formats) },
      }),
      ...(rank !== undefined && { rank: access.numbers(rank) }),
      ...(precision !== undefined && { precision: access.numbers(precision) }),
      ...(coldStart !== undefined && { coldStart: access.flags(coldStart) }),
    };
  }

  #ofRows(access: ColumnAccess, layout: SiteColumns, facts: RowFacts): StatisticBatch {
    const columns = this.#columns(access, layout.statistics);
    if (layout.long !== undefined) this.#addLong(access, layout.long, columns);
    const site = { texts: this.#sites.texts, index: access.texts(layout.site, this.#sites) };
    const { histogram } = layout;
    return {
      ...{ ...facts, site, columns },
      ...(histogram && { histograms: this.#histograms(access, histogram) }),
    };
  }

  #ofScalars(access: ColumnAccess, layout: ScalarColumns, facts: RowFacts): StatisticBatch {
    const names = access.texts(layout.name, this.#scalars.texts);
    const { values, given } = access.numbers(layout.value);
    const found: (readonly [row: number, scalar: ScalarName])[] = [];
    for (let i = 0; i < access.rows; i++) {
      const { name, meaning: scalar } = this.#scalars.at(names[i] as number);
      if (scalar === undefined) noteUnused(this.#unused, name);
      else if (given[i] === 1) found.push([i, scalar]);
    }
    const columns = new Map<Statistic, StatisticColumn>();
    for (const [n, [row, { statistic, factor }]] of found.entries()) {
      const column = columns.get(statistic) ?? {
        values: new Float64Array(found.length),
        given: new Uint8Array(found.length),
      };
      columns.set(statistic, column);
      column.values[n] = (values[row] as number) * factor;
      column.given[n] = 1;
    }
    const of = (texts: ByteTexts, text: (scalar: ScalarName) => string) => ({
      texts: texts.texts,
      index: Int32Array.from(found, ([, scalar]) => texts.ofText(text(scalar))),
    });
    return {
      ...(layout.format === undefined && { format: of(this.#formats, ({ format = "" }) => format) }),
      ...pickedFacts(
        facts,
        Uint32Array.from(found, ([row]) => row),
      ),
      site: of(this.#sites, ({ site }) => site),
      columns,
    };
  }

  *#ofSites(access: ColumnAccess, layout: StepColumns, facts: RowFacts): Generator<StatisticBatch> {
    for (const { site, format, statistics } of layout.wide) {
      const columns = this.#columns(access, statistics);
      const at = rowsWithAny(columns.values(), access.rows);
      if (at.length === 0) continue;
      const of = (texts: ByteTexts, text: string) => ({
        texts: texts.texts,
        index: new Int32Array(at.length).fill(texts.ofText(text)),
      });
      yield {
        ...(layout.format === undefined && { format: of(this.#formats, format) }),
        ...pickedFacts(facts, at),
        site: of(this.#sites, site),
        columns: new Map([...columns].map(([statistic, column]) => [statistic, pickedColumn(column, at)])),
      };
    }
  }

  #columns(access: ColumnAccess, places: readonly StatisticPlace[]): Map<Statistic, StatisticColumn> {
    return new Map(
      places.map(({ column, statistic, factor }) => [statistic, times(access.numbers(column), factor)]),
    );
  }

  /** Adds the statistics of a long table, each with the rows that belong to it. */
  #addLong(
    access: ColumnAccess,
    long: NonNullable<SiteColumns["long"]>,
    columns: Map<Statistic, StatisticColumn>,
  ): void {
    const names = access.texts(long.statistic, this.#meanings.texts);
    const { values, given } = access.numbers(long.value);
    for (let i = 0; i < access.rows; i++) {
      const { name, meaning } = this.#meanings.at(names[i] as number);
      if (meaning === undefined) {
        noteUnused(this.#unused, name);
        continue;
      }
      const { statistic, factor } = meaning;
      let column = columns.get(statistic);
      if (column === undefined) {
        column = { values: new Float64Array(access.rows), given: new Uint8Array(access.rows) };
        columns.set(statistic, column);
      }
      if (given[i] === 0) continue;
      if (column.given[i] === 1) throw twoValues(this.#place(access, i), name, statistic);
      column.values[i] = (values[i] as number) * factor;
      column.given[i] = 1;
    }
  }

  #histograms(
    access: ColumnAccess,
    { bins, counts }: NonNullable<SiteColumns["histogram"]>,
  ): readonly (BinnedCounts | undefined)[] {
    const [edges, elements] = [access.lists(bins), access.lists(counts)];
    return edges.map((edge, i) => {
      const of = elements[i];
      if (edge === undefined && of === undefined) return undefined;
      const binned = { edges: edge ?? [], counts: of ?? [] };
      if (isHistogram(binned)) return binned;
      throw failure(
        this.#place(access, i),
        "bins and counts that do not form a histogram",
        "rising edges, one more than there are counts, and whole counts",
      );
    });
  }

  #place({ firstRow }: ColumnAccess, i: number): string {
    return `${this.#path}, row ${firstRow + i}`;
  }
}
