/** @file What a page shows of a study beside its runs: plain data, computed where its records are read. */
import type { RunView } from "./runView.ts";
import type { StudyChartView } from "./studyChartView.ts";

/** A table of texts; its first columns name the rows. */
export interface TableView {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A run of a study, in the order of the runs of the page. */
export interface StudyRun {
  /** Number of its cell; undefined where it does not say what it is. */
  readonly cell: number | undefined;
  /** State in a few words, such as `finished`, `going on`, or `failed: ..`. */
  readonly state: string;
  /** Place of the run that it is compared with: that of the first cell with its seed; undefined where there is none, or it is that one. */
  readonly against: number | undefined;
}

export interface StudyView {
  readonly title: string;
  readonly runs: readonly StudyRun[];
  /** Whether cells are shown beside the runs: those of a study, and where several runs are seeds of one. */
  readonly hasCells: boolean;
  /** Names of the cells, in their order. */
  readonly cells: readonly string[];
  readonly chart: StudyChartView;
  readonly tables: readonly TableView[];
  /** Sentences on how the tables are read, and on runs that have failed. */
  readonly legend: readonly string[];
  readonly failures: readonly string[];
  /** Number of runs that were planned, and are not there. */
  readonly left: number;
}

/** What stands in the page of a report. */
export interface ReportView {
  readonly runs: readonly RunView[];
  /** Present for a study, and for runs of which some differ in their seeds alone. */
  readonly study?: StudyView;
}
