/** @file Events of a study. Each is one JSON object. */

import type { Better } from "../../operators/taps/outputMetric.ts";
import type { OverriddenRule } from "../../quantizers/rules/overriddenRules.ts";
import type { DoneEvent, RoleEvent } from "../runs/events.ts";
import type { Cell } from "./grid.ts";
import type { Difference, JudgedMean, Spread } from "./spread.ts";

/** The study is planned and checked. */
export interface StudyEvent {
  readonly event: "study";
  /** Directory of the study. */
  readonly out: string;
  /** Number of cells. */
  readonly cells: number;
  /** Number of runs. */
  readonly runs: number;
  /** Runs that had finished before. */
  readonly finished: number;
  /** Number of parallel processes; 0 if nothing is trained here, or other machines train. */
  readonly jobs: number;
  /** Address of the queue, if runs go through one. */
  readonly queue?: string;
  /**
   * Rules of experiments for some sites that settings for all sites override, in any of the cells; absent if there are none.
   */
  readonly overridden?: readonly OverriddenRule[];
}

/** Progress of the study. */
export interface ProgressEvent {
  readonly event: "progress";
  /** Number of runs. */
  readonly runs: number;
  /** Runs that have finished or failed. */
  readonly ended: number;
  /** Runs in progress. */
  readonly running: number;
  /** Share of all training steps done, 0 to 1. Each run has the same weight. */
  readonly share: number;
}

/** A run, with the settings in which it differs. */
interface RunEnded {
  readonly event: "run";
  /** Name of the run and of its directory within the study's. */
  readonly run: string;
  /** Number of its cell, from 0. */
  readonly cell: number;
  readonly settings: Cell;
  readonly seed: number;
}

/** A run has finished. */
export interface RunDoneEvent extends RunEnded {
  readonly status: "done";
  /** Whether it finished in an earlier call. */
  readonly before: boolean;
  /** Final event of the run. */
  readonly done: DoneEvent;
}

/** A run has failed. The next call tries it again. */
export interface RunFailedEvent extends RunEnded {
  readonly status: "failed";
  /** Error message. */
  readonly message: string;
}

/** A run has finished or failed. */
export type RunEvent = RunDoneEvent | RunFailedEvent;

/** Paired difference of two cells: this cell minus the other one, seed by seed. */
export interface Comparison {
  /** Number of the other cell. */
  readonly cell: number;
  /** Difference of the scores after the last epoch; null if no seed is done in both cells. */
  readonly test: Difference | null;
  /** Difference of the best scores of all epochs; null if no seed is done in both cells. */
  readonly bestTest: Difference | null;
}

/** Summary of the runs of one cell. Spreads are null if no run has finished. */
export interface CellEvent {
  readonly event: "cell";
  /** Number of the cell, from 0. */
  readonly cell: number;
  readonly settings: Cell;
  /** Seeds of the finished runs. */
  readonly seeds: readonly number[];
  /** Seeds and error messages of the failed runs. */
  readonly failed: readonly { readonly seed: number; readonly message: string }[];
  /** Number of tensors in finished runs that were zero, empty or not finite. */
  readonly faults: number;
  /** Metric that scores the runs: accuracy as a share from 0 to 1, psnr in dB. */
  readonly score: string;
  /** Direction in which that metric is better. */
  readonly better: Better;
  /** Scores on the test samples after the last epoch. */
  readonly test: Spread | null;
  /** Best scores of all epochs. */
  readonly bestTest: Spread | null;
  /** Durations of the runs in seconds. */
  readonly seconds: Spread | null;
  /** Statistics by role; means over the runs. */
  readonly roles: readonly RoleEvent[];
  /** Number of the first cell of its group, which may be this cell; 0 if there are no groups. */
  readonly first: number;
  /** Comparison with the first cell of its group; null for that cell itself, and if no seed is done in both. */
  readonly againstFirst: Comparison | null;
  /** Comparison with the cell that `against` leads to; null if there is none, and if no seed is done in both. */
  readonly againstCounterpart: Comparison | null;
}

/** Mean difference over several groups. */
export interface PooledDifference extends JudgedMean {
  /** Number of groups. Each has the same weight. */
  readonly groups: number;
  /** Number of pairs of runs, or of means of runs, with the same group and seed. */
  readonly pairs: number;
  /** Pairs minus groups. */
  readonly degreesOfFreedom: number;
}

/** Pooled differences of several cells from their counterparts. */
export interface PoolEvent {
  readonly event: "pool";
  /** What the cells change: `gradient-range inHindsight`, or `inHindsight in activation-range, gradient-range`. */
  readonly name: string;
  /** Numbers of the cells. */
  readonly cells: readonly number[];
  readonly score: string;
  readonly better: Better;
  /** Pooled difference of the scores after the last epoch. */
  readonly test: PooledDifference;
}

/** End of a study, or of the part that was done before it was stopped. */
export interface ComparedEvent {
  readonly event: "compared";
  /** Number of finished runs. */
  readonly done: number;
  /** Number of failed runs. */
  readonly failed: number;
  /** Number of runs that were stopped or never started. */
  readonly left: number;
  readonly out: string;
}

/** Events of `compare`: `study` first, then runs and progress, then cells and pools, and `compared` last. */
export type CompareEvent = StudyEvent | ProgressEvent | RunEvent | CellEvent | PoolEvent | ComparedEvent;
