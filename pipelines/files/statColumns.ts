/** @file What a recording holds, in arrays of this process: nothing here depends on the format of its files. */
import type { Known } from "../../core/foreignStat.ts";
import type { Verdict } from "../../core/range.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { Role } from "../../core/signal.ts";
import type { SiteProjection } from "../../core/siteFacts.ts";

/** A column of few different texts: row i holds `texts[index[i]]`. */
export interface TextColumn<T extends string = string> {
  readonly texts: readonly T[];
  readonly index: Int32Array;
}

/** A column of few different projections, none where a site has a uniform grid. */
export interface ProjectionColumn extends TextColumn {
  /** Projection that each of the texts stands for. */
  readonly projections: readonly (SiteProjection | undefined)[];
}

/** Numbers of a column, one for each row. */
export type ColumnNumbers = Uint32Array | Float64Array | Int32Array | Uint8Array;

/** Elements of the lists of a column, or the UTF-8 of its texts. */
export type ListValues = Uint8Array | Float32Array | Uint32Array;

/** A column of texts or lists: row i has the values from offsets[i] to offsets[i + 1]. */
export interface ListColumn<T extends ListValues> {
  readonly offsets: Int32Array;
  readonly values: T;
}

/** What is known of foreign statistics (`ForeignStat`), by column. */
export interface ForeignStatColumns {
  readonly known: TextColumn<Known>;
  readonly minError: Float64Array;
  readonly maxError: Float64Array;
  /** One bit for each row, the lowest of a byte first. */
  readonly coldStart: Uint8Array;
  /** -1 where there was one process. */
  readonly rank: Int32Array;
}

/** Statistics by column; the arrays may be longer than `rows`. */
export interface StatColumns {
  readonly rows: number;
  readonly step: Uint32Array;
  readonly site: TextColumn;
  readonly role: TextColumn<Role>;
  readonly estimator: TextColumn;
  /** 0 where the facts of the site are not known. */
  readonly bits: Uint8Array;
  readonly scheme: TextColumn<Scheme>;
  readonly projection: ProjectionColumn;
  readonly verdict: TextColumn<Verdict>;
  readonly min: Float64Array;
  readonly max: Float64Array;
  readonly lo: Float64Array;
  readonly hi: Float64Array;
  readonly count: Uint32Array;
  readonly nonFinite: Uint32Array;
  readonly clipped: Uint32Array;
  /** Whole numbers of bytes. */
  readonly bytesMoved: Float64Array;
  readonly bytesSaved: Float64Array;
  /** One bit for each row, the lowest of a byte first. */
  readonly isStatic: Uint8Array;
  /** UTF-8. */
  readonly measured: ListColumn<Uint8Array>;
  readonly histogramValues: ListColumn<Float32Array>;
  readonly histogramCounts: ListColumn<Uint32Array>;
  /** Further columns of a foreign recording. */
  readonly foreign?: ForeignStatColumns;
}
