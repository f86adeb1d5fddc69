/** @file What a reader of a format is. */
import type { ColumnMap } from "./columnKinds.ts";
import type { Source } from "./source.ts";
import type { StatisticBatch, Unused } from "./statisticBatch.ts";

/** What readers are given beside their file. */
export interface Reading {
  /** Columns that were given a meaning. */
  readonly columns: ColumnMap;
  /** Takes what the file holds in order, and has used a batch when it returns. */
  readonly take: (batch: StatisticBatch) => void;
  /** Takes the number of rows that are to come, where a file says it. */
  readonly expect: (rows: number) => void;
  /** Called where a file may be cut: the last line of a text has no line end, a stream not the mark of its end. */
  readonly unended: () => void;
  /** Called where a file has no steps, so that its epochs are taken for them. */
  readonly tookEpochs: () => void;
  /** Whether what a place says of a step was taken back by a start of its process that came later (`Format.restarts`). */
  readonly isUndone: (place: number, step: number) => boolean;
  /** Where readers note values that they find no use for. */
  readonly unused: Unused;
}

/** A start of the process that writes a log, from which on the steps from `step` on are written anew. */
export interface Restart {
  readonly place: number;
  readonly step: number;
}

/** A format of files with statistics. */
export interface Format {
  /** Name on the command line. */
  readonly name: string;
  /** A few words for the help. */
  readonly help: string;
  /** What places in a file are: `line`, `row` or `record`. */
  readonly place: string;
  /** Whether it has columns or keys that can be named (`Reading.columns`). */
  readonly hasColumns?: boolean;
  /** Whether it is read here and there, so that it cannot be a gzip file. */
  readonly isSeekable?: boolean;
  /** Whether a file is of this format, by its first bytes. */
  readonly matches: (source: Source) => boolean;
  /** The starts of its process that a file tells, of formats that have such. @throws as `read` does */
  readonly restarts?: (source: Source) => Promise<readonly Restart[]>;
  /** Reads a whole file. @throws `RangeflowFailure` that names the place of what cannot be read */
  readonly read: (source: Source, reading: Reading) => Promise<void>;
}
