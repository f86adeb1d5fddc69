/** @file Content of a recording as arrays, independent of the file format. */
import type { Known } from "../../core/foreignStat.ts";
import type { Verdict } from "../../core/range.ts";
import type { Scheme } from "../../core/scheme.ts";
import type { Role } from "../../core/signal.ts";
import type { SiteProjection } from "../../core/siteFacts.ts";

/** A column with few distinct texts: row i holds `texts[index[i]]`. */
export interface TextColumn<T extends string = string> {
  readonly texts: readonly T[];
  readonly index: Int32Array;
}

/** A column with few distinct projections; none for sites with a uniform grid. */
export interface ProjectionColumn extends TextColumn {
  /** The projection of each text. */
  readonly projections: readonly (SiteProjection | undefined)[];
}

/** Numbers of a column, one per row. */
export type ColumnNumbers = Uint32Array | Float64Array | Int32Array | Uint8Array;

/** Elements of a column's lists, or the UTF-8 bytes of its texts. */
export type ListValues = Uint8Array | Float32Array | Uint32Array;

/** A column of texts or lists: row i has the values from offsets[i] to offsets[i + 1]. */
export interface ListColumn<T extends ListValues> {
  readonly offsets: Int32Array;
  readonly values: T;
}

/** What is known of imported statistics (`ForeignStat`), by column. */
export interface ForeignStatColumns {
  readonly known: TextColumn<Known>;
  readonly minError: Float64Array;
  readonly maxError: Float64Array;
  /** One bit per row, least significant bit first. */
  readonly coldStart: Uint8Array;
  /** Process of a distributed run; -1 if there was one process. */
  readonly rank: Int32Array;
}

/** Statistics by column. Arrays may be longer than `rows`. */
export interface StatColumns {
  readonly rows: number;
  readonly step: Uint32Array;
  readonly site: TextColumn;
  readonly role: TextColumn<Role>;
  readonly estimator: TextColumn;
  /** Bit width; 0 if the facts of the site are unknown. */
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
  /** Integer numbers of bytes. */
  readonly bytesMoved: Float64Array;
  readonly bytesSaved: Float64Array;
  /** One bit per row, least significant bit first. */
  readonly isStatic: Uint8Array;
  /** JSON in UTF-8. */
  readonly measured: ListColumn<Uint8Array>;
  readonly histogramValues: ListColumn<Float32Array>;
  readonly histogramCounts: ListColumn<Uint32Array>;
  /** Further columns of an imported recording. */
  readonly foreign?: ForeignStatColumns;
}
