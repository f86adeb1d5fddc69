/** @file View of a study on a page, in addition to its runs: plain data, computed where its records are read. */
import type { RunView } from "./runView.ts";
import type { StudyChartView } from "./studyChartView.ts";

/** A table of texts. Its first columns name the rows. */
export interface TableView {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A run of a study, in the order of the runs on the page. */
export interface StudyRun {
  /** Number of its cell; undefined if it cannot be identified. */
  readonly cell: number | undefined;
  /** State as a short text, such as `finished`, `going on`, or `failed: ..`. */
  readonly state: string;
  /** Index of the run that it is compared with, the one with its seed in the first cell; undefined if there is none, or it is that run. */
  readonly against: number | undefined;
}

/** A study as its page shows it. */
export interface StudyView {
  readonly title: string;
  readonly runs: readonly StudyRun[];
  /** Whether cells are shown in addition to runs: for studies, and if several runs differ only in their seeds. */
  readonly hasCells: boolean;
  /** Names of the cells, in order. */
  readonly cells: readonly string[];
  readonly chart: StudyChartView;
  readonly tables: readonly TableView[];
  /** Sentences on how to read the tables, and on failed runs. */
  readonly legend: readonly string[];
  readonly failures: readonly string[];
  /** Number of planned runs that are missing. */
  readonly left: number;
}

/** Content of a report page. */
export interface ReportView {
  readonly runs: readonly RunView[];
  /** Present for a study, and if some runs differ only in their seeds. */
  readonly study?: StudyView;
}
