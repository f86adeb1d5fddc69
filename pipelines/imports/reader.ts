/** @file Interface of format readers. */
import type { ColumnMap } from "./columnKinds.ts";
import type { Source } from "./source.ts";
import type { StatisticBatch, Unused } from "./statisticBatch.ts";

/** What readers are given in addition to their file. */
export interface Reading {
  /** Columns whose meaning the user has given. */
  readonly columns: ColumnMap;
  /** Takes batches in file order. The batch may be reused when it returns. */
  readonly take: (batch: StatisticBatch) => void;
  /** Announces the number of rows, if a file states it. */
  readonly expect: (rows: number) => void;
  /** Called if a file may be truncated: the last line of a text has no line end, or a stream has no end mark. */
  readonly unended: () => void;
  /** Called if a file has no steps, so that its epochs are used instead. */
  readonly tookEpochs: () => void;
  /** Whether a later restart of the process has undone what a place states about a step (`Format.restarts`). */
  readonly isUndone: (place: number, step: number) => boolean;
  /** Counts ignored values. */
  readonly unused: Unused;
}

/** A restart of the process that writes a log. Steps from `step` on are written again. */
export interface Restart {
  readonly place: number;
  readonly step: number;
}

/** A format of files with statistics. */
export interface Format {
  /** Name on the command line. */
  readonly name: string;
  /** Short text for the help. */
  readonly help: string;
  /** Name of places in a file: `line`, `row` or `record`. */
  readonly place: string;
  /** Whether it has columns or keys that can be named (`Reading.columns`). */
  readonly hasColumns?: boolean;
  /** Whether it requires random access, and hence cannot be gzip-compressed. */
  readonly isSeekable?: boolean;
  /** Whether a file has this format, judging by its first bytes. */
  readonly matches: (source: Source) => boolean;
  /** Restarts that a file records, for formats that have them. @throws as `read` does */
  readonly restarts?: (source: Source) => Promise<readonly Restart[]>;
  /** Reads a whole file. @throws `RangeflowFailure` that names the place of unreadable data */
  readonly read: (source: Source, reading: Reading) => Promise<void>;
}
